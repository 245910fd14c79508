import { BLOCK } from '../../shaders/dequant/plane.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { wordsOf } from './module-tensors.ts';
import type { RowConverter } from './packing.ts';

export interface RowWords {
  /** Of one code: 4 or 8. */
  readonly bits: 4 | 8;
  readonly inputs: number;
  /** Whole words in a row of the tensor, or codes to the byte. */
  readonly unit: 'words' | 'bytes';
  /** A word of the codes that the padding gets. */
  readonly padding: number;
  /** What every word is xor-ed with. */
  readonly flip?: number;
}

/** Bytes of a row of codes as it is stored. */
export const storedBytes = ({ bits, inputs, unit }: Pick<RowWords, 'bits' | 'inputs' | 'unit'>): number => roundUp(Math.ceil((inputs * bits) / 8), unit === 'words' ? 4 : 1);

/** Bits of the last stored byte of a row that are codes of the weight, when it has only some. */
const partial = (bits: number, inputs: number): boolean => (inputs * bits) % 8 !== 0;

/** Codes that lie along the rows of a tensor as they do on the GPU, but for the rows' padding. */
export function copiedRows({ bits, inputs, unit, padding, flip = 0 }: RowWords): RowConverter {
  const from = storedBytes({ bits, inputs, unit });
  const to = (roundUp(inputs, BLOCK) * bits) / 8;
  const used = Math.floor((inputs * bits) / 8);
  const tail = padding & 0xff;
  return (bytes, first, count) => {
    const rows = bytes.subarray(first * from, (first + count) * from);
    if (used === to) return { quants: flip === 0 ? rows : flipped(rows, flip) };
    const quants = new Uint8Array(count * to).fill(tail);
    for (let row = 0; row < count; row++) {
      const source = row * from;
      quants.set(rows.subarray(source, source + used), row * to);
      if (partial(bits, inputs)) quants[row * to + used] = (rows[source + used] & 15) | (tail & 0xf0);
      if (flip !== 0) for (let i = row * to; i < row * to + used; i++) quants[i] ^= flip & 0xff;
    }
    return { quants };
  };
}

function flipped(bytes: Uint8Array<ArrayBuffer>, flip: number): Uint8Array<ArrayBuffer> {
  const words = wordsOf(bytes);
  const result = new Int32Array(words.length);
  for (let i = 0; i < words.length; i++) result[i] = words[i] ^ flip;
  return new Uint8Array(result.buffer);
}
