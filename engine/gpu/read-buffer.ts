import type { Gpu } from './device.ts';
import { mapForReading } from './map-for-reading.ts';

/** Copies the first `bytes` bytes of a buffer to the host, after all that was submitted before. */
export function readBuffer(gpu: Gpu, source: GPUBuffer, bytes: number): Promise<ArrayBuffer> {
  return readCopies(gpu, bytes, (encoder, staging) => encoder.copyBufferToBuffer(source, 0, staging, 0, bytes));
}

/** The same for `bytes` bytes that `copy` collects in a buffer. */
export async function readCopies(gpu: Gpu, bytes: number, copy: (encoder: GPUCommandEncoder, staging: GPUBuffer) => void): Promise<ArrayBuffer> {
  const { device } = gpu;
  const staging = device.createBuffer({ label: 'readback', size: bytes, usage: 0x1 | 0x8 }); // MAP_READ | COPY_DST
  try {
    const encoder = device.createCommandEncoder();
    copy(encoder, staging);
    device.queue.submit([encoder.finish()]);
    await gpu.wait(mapForReading(device, staging));
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}
