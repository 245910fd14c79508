import type { Gpu } from './device.ts';

/** Copies the first `bytes` bytes of a buffer to the host, after all that was submitted before. */
export async function readBuffer(gpu: Gpu, source: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
  const { device } = gpu;
  const staging = device.createBuffer({ label: 'readback', size: bytes, usage: 0x1 | 0x8 }); // MAP_READ | COPY_DST
  try {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(source, 0, staging, 0, bytes);
    device.queue.submit([encoder.finish()]);
    await gpu.wait(staging.mapAsync(0x1));
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}
