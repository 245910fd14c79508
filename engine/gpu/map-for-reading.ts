const MAP_READ = 0x1; // GPUMapMode.READ

/** How long a device has, in milliseconds, to say that it was lost after it broke a map: a busy browser takes its time. */
const LOSS_MS = 1000;

/** Maps a staging buffer. A map that fails has most likely lost its device, of which the error says nothing: it is thrown once the device has. */
export async function mapForReading(device: GPUDevice, staging: GPUBuffer): Promise<void> {
  try {
    await staging.mapAsync(MAP_READ);
  } catch (error) {
    await Promise.race([device.lost, new Promise((resolve) => setTimeout(resolve, LOSS_MS))]);
    throw error;
  }
}
