import { BLOCK } from '../../shaders/dequant/plane.ts';
import { ceilDiv, roundUp } from '../../shaders/kernel.ts';
import { SIGN_FLIPS, ZERO_WORDS, type Bits } from './integer-codes.ts';
import { wordsOf } from './module-tensors.ts';
import type { RowConverter } from './packing.ts';

/** Rows and words of a tile, so that what is written stays in the processor's cache until a line of it is full. */
const TILE_ROWS = 32;
const TILE_WORDS = 16;

/** Rows of words [ceil(K · bits / 32), N] in which the codes of a weight's row follow each other down a column, without a gap. */
export const columnCodes = (bits: Bits, rows: number, inputs: number): RowConverter => (bits === 3 ? splitTriples(rows, inputs) : transposedWords(bits, rows, inputs));

/** Codes that fill words are in the same order along a row on the GPU, so that the words are only transposed. */
function transposedWords(bits: 2 | 4 | 8, rows: number, inputs: number): RowConverter {
  const stored = ceilDiv(inputs * bits, 32);
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

/** For four codes of three bits: their low two bits in the low byte, their third ones above it. */
const TRIPLES = Uint16Array.from({ length: 4096 }, (_, codes) => {
  let parts = 0;
  for (let i = 0; i < 4; i++) {
    const code = (codes >> (3 * i)) & 7;
    parts |= ((code & 3) << (2 * i)) | ((code >> 2) << (8 + i));
  }
  return parts;
});

/** 32 codes of three bits take three words, and on the GPU two words of `quants` and one of `high`. */
function splitTriples(rows: number, inputs: number): RowConverter {
  const blocks = ceilDiv(inputs, BLOCK);
  const stored = ceilDiv(inputs * 3, 32);
  return (bytes, first, count) => {
    const words = wordsOf(bytes);
    const quants = new Int32Array(count * blocks * 2);
    const high = new Int32Array(count * blocks);
    for (let block = 0; block < blocks; block++) {
      const source = block * 3 * rows + first;
      const has = Math.min(3, stored - block * 3);
      for (let row = 0; row < count; row++) {
        const a = words[source + row];
        const b = has > 1 ? words[source + rows + row] : 0;
        const c = has > 2 ? words[source + 2 * rows + row] : 0;
        const p = TRIPLES[a & 0xfff];
        const q = TRIPLES[(a >>> 12) & 0xfff];
        const r = TRIPLES[(a >>> 24) | ((b & 15) << 8)];
        const s = TRIPLES[(b >>> 4) & 0xfff];
        const t = TRIPLES[(b >>> 16) & 0xfff];
        const u = TRIPLES[(b >>> 28) | ((c & 0xff) << 4)];
        const v = TRIPLES[(c >>> 8) & 0xfff];
        const w = TRIPLES[c >>> 20];
        const at = row * blocks + block;
        quants[2 * at] = (p & 0xff) | ((q & 0xff) << 8) | ((r & 0xff) << 16) | ((s & 0xff) << 24);
        quants[2 * at + 1] = (t & 0xff) | ((u & 0xff) << 8) | ((v & 0xff) << 16) | ((w & 0xff) << 24);
        high[at] = (p >> 8) | ((q >> 8) << 4) | ((r >> 8) << 8) | ((s >> 8) << 12) | ((t >> 8) << 16) | ((u >> 8) << 20) | ((v >> 8) << 24) | ((w >> 8) << 28);
      }
    }
    return { quants: new Uint8Array(quants.buffer), high: new Uint8Array(high.buffer) };
  };
}
