import { BLOCK } from '../../shaders/dequant/plane.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { SIGN_FLIPS, ZERO_WORDS, type Bits, type CodeReader } from './integer-codes.ts';
import { wordsOf } from './module-tensors.ts';
import type { RowConverter } from './packing.ts';

/** Rows and words of a tile, so that what is written stays in the processor's cache until a line of it is full. */
const TILE_ROWS = 32;
const TILE_WORDS = 16;

/**
 * Words [K · bits / 32, N] of codes that follow each other down a column, transposed: that is all there is to do, for the GPU has them
 * in the same order along a row.
 */
export function transposedWords(bits: 2 | 4 | 8, rows: number, inputs: number): RowConverter {
  const stored = Math.ceil((inputs * bits) / 32);
  const stride = (roundUp(inputs, BLOCK) * bits) / 32;
  const flip = SIGN_FLIPS[bits];
  return (bytes, first, count) => {
    const words = wordsOf(bytes);
    const quants = new Int32Array(count * stride);
    if (stored < stride) quants.fill(ZERO_WORDS[bits]);
    for (let tile = 0; tile < count; tile += TILE_ROWS) {
      const end = Math.min(tile + TILE_ROWS, count);
      for (let start = 0; start < stored; start += TILE_WORDS) {
        const stop = Math.min(start + TILE_WORDS, stored);
        for (let word = start; word < stop; word++) {
          const source = word * rows + first;
          for (let row = tile; row < end; row++) quants[row * stride + word] = words[source + row] ^ flip;
        }
      }
    }
    return { quants: new Uint8Array(quants.buffer) };
  };
}

/** Codes from a bit stream down each column of words [ceil(K · bits / 32), N]; those of three bits straddle words. */
export function columnCodes(bits: Bits, rows: number, inputs: number): CodeReader {
  const mask = (1 << bits) - 1;
  return (words, first, count, position, codes, stride) => {
    for (let k = 0; k < inputs; k++) {
      const bit = k * bits;
      const source = (bit >> 5) * rows + first;
      const shift = bit & 31;
      const target = position[k];
      if (shift + bits <= 32) {
        for (let row = 0; row < count; row++) codes[row * stride + target] = (words[source + row] >>> shift) & mask;
      } else {
        for (let row = 0; row < count; row++) codes[row * stride + target] = ((words[source + row] >>> shift) | (words[source + rows + row] << (32 - shift))) & mask;
      }
    }
  };
}
