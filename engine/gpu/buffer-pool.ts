import { GpuOutOfMemoryError } from '../errors/gpu-errors.ts';

export type BufferUse = 'weights' | 'state' | 'activations';

// GPUBufferUsage.STORAGE | UNIFORM | COPY_SRC | COPY_DST as numbers (https://www.w3.org/TR/webgpu/#buffer-usage): the global is not there in Node, where this file is imported too.
const USAGE = 0x80 | 0x40 | 0x4 | 0x8;

/** Makes and frees buffers and knows how many bytes each use holds. */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #live = new Map<GPUBuffer, BufferUse>();
  readonly #bytes: Record<BufferUse, number> = { weights: 0, state: 0, activations: 0 };

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** A zeroed buffer of at least `bytes` bytes. Throws `GpuOutOfMemoryError`. */
  async allocate(label: string, bytes: number, use: BufferUse): Promise<GPUBuffer> {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    if (size > this.#device.limits.maxBufferSize) throw new GpuOutOfMemoryError(label, size);
    this.#device.pushErrorScope('out-of-memory');
    const buffer = this.#device.createBuffer({ label, size, usage: USAGE });
    const checked = this.#device.popErrorScope();
    this.#live.set(buffer, use);
    this.#bytes[use] += size;
    if (await checked) {
      this.destroy(buffer);
      throw new GpuOutOfMemoryError(label, size);
    }
    return buffer;
  }

  destroy(buffer: GPUBuffer): void {
    const use = this.#live.get(buffer);
    if (!use) return;
    this.#live.delete(buffer);
    this.#bytes[use] -= buffer.size;
    buffer.destroy();
  }

  destroyAll(): void {
    for (const buffer of [...this.#live.keys()]) this.destroy(buffer);
  }

  bytes(use: BufferUse): number {
    return this.#bytes[use];
  }
}
