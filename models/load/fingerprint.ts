import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import type { JsonObject } from '../checkpoint/checkpoint.ts';
import { sha256 } from './sha256.ts';

/** Places of a tensor that are looked at, from its first byte to its last, and bytes at each. */
const PLACES = 16;
const BYTES = 16;

/**
 * Tells checkpoints apart, and knows one again whatever source, order or number of files it came in. Of a tensor it looks at
 * 256 bytes: two fine-tunes of one model differ nearly everywhere, though all bytes of a checkpoint would take seconds.
 */
export class Fingerprint {
  readonly #tensors: string[] = [];

  add({ name, dtype, shape }: Pick<TensorInfo, 'name' | 'dtype' | 'shape'>, bytes: Uint8Array): void {
    const last = Math.max(0, bytes.length - BYTES);
    const samples = Array.from({ length: PLACES }, (_, i) => {
      const start = Math.floor((last * i) / (PLACES - 1));
      return bytes.subarray(start, start + BYTES).join();
    });
    this.#tensors.push([name, dtype, shape, samples].join(' '));
  }

  /** 64 hexadecimal digits. */
  digest(config: JsonObject): Promise<string> {
    return sha256([JSON.stringify(config), ...this.#tensors.sort()].join('\n'));
  }
}
