import { mapForReading } from './map-for-reading.ts';

const MAP_READ = 0x1;
const COPY_DST = 0x8;

/** Reads single token ids back, several of them under way at a time, in buffers made once. */
export class TokenReadback {
  readonly #device: GPUDevice;
  readonly #idle: GPUBuffer[] = [];
  readonly #all: GPUBuffer[] = [];

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  /** Records the copy of the u32 at `offset` of `source`; call the result after the submit to begin reading. */
  copy(encoder: GPUCommandEncoder, source: GPUBuffer, offset: number): () => Promise<number> {
    const staging = this.#idle.pop() ?? this.#make();
    encoder.copyBufferToBuffer(source, offset, staging, 0, 4);
    return () => {
      const mapped = mapForReading(this.#device, staging).then(() => {
        const [id] = new Uint32Array(staging.getMappedRange());
        staging.unmap();
        this.#idle.push(staging);
        return id;
      });
      // A generation that ends early never looks at its last tokens; their maps may be cut off without anybody waiting.
      mapped.catch(() => undefined);
      return mapped;
    };
  }

  #make(): GPUBuffer {
    const staging = this.#device.createBuffer({ label: 'token readback', size: 4, usage: MAP_READ | COPY_DST });
    this.#all.push(staging);
    return staging;
  }

  destroy(): void {
    for (const buffer of this.#all) buffer.destroy();
  }
}
