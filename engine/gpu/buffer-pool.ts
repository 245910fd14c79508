import { DisposedError } from '../errors/generate-errors.ts';
import { GpuOutOfMemoryError } from '../errors/gpu-errors.ts';

export type BufferUse = 'weights' | 'state' | 'activations';

// GPUBufferUsage.STORAGE | UNIFORM | COPY_SRC | COPY_DST as numbers (https://www.w3.org/TR/webgpu/#buffer-usage): the global is not there in Node, where this file is imported too.
const USAGE = 0x80 | 0x40 | 0x4 | 0x8;

/** Makes and frees buffers and knows how many bytes each use holds. */
export class BufferPool {
  readonly #device: GPUDevice;
  readonly #live = new Map<GPUBuffer, BufferUse>();
  readonly #bytes: Record<BufferUse, number> = { weights: 0, state: 0, activations: 0 };
  #closed = false;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** A zeroed buffer of at least `bytes` bytes. Throws `GpuOutOfMemoryError`, and `DisposedError` where `destroyAll` comes first. */
  async allocate(label: string, bytes: number, use: BufferUse): Promise<GPUBuffer> {
    if (this.#closed) throw new DisposedError('model');
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    const { maxBufferSize, maxStorageBufferBindingSize } = this.#device.limits;
    if (size > Math.min(maxBufferSize, maxStorageBufferBindingSize)) throw new GpuOutOfMemoryError(label, size);
    this.#device.pushErrorScope('out-of-memory');
    const buffer = this.#device.createBuffer({ label, size, usage: USAGE });
    const checked = this.#device.popErrorScope();
    this.#live.set(buffer, use);
    this.#bytes[use] += size;
    if (await checked) {
      this.destroy(buffer);
      throw new GpuOutOfMemoryError(label, size);
    }
    if (this.#closed) throw new DisposedError('model');
    return buffer;
  }

  /** Several buffers with one wait for all, in the order asked for. Throws as `allocate` does, with none of them left. */
  async allocateAll(requests: readonly { readonly label: string; readonly bytes: number }[], use: BufferUse): Promise<GPUBuffer[]> {
    const settled = await Promise.allSettled(requests.map(({ label, bytes }) => this.allocate(label, bytes, use)));
    const made = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
    const failed = settled.find((result) => result.status === 'rejected');
    if (!failed) return made;
    for (const buffer of made) this.destroy(buffer);
    throw failed.reason;
  }

  destroy(buffer: GPUBuffer): void {
    const use = this.#live.get(buffer);
    if (!use) return;
    this.#live.delete(buffer);
    this.#bytes[use] -= buffer.size;
    buffer.destroy();
  }

  /** Frees everything, and lets nothing be allocated any more: what is under way when a model goes must not outlive it. */
  destroyAll(): void {
    this.#closed = true;
    for (const buffer of [...this.#live.keys()]) this.destroy(buffer);
  }

  bytes(use: BufferUse): number {
    return this.#bytes[use];
  }
}
