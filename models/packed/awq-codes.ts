import { BLOCK } from '../../shaders/dequant/plane.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { wordsOf } from './module-tensors.ts';
import type { RowConverter } from './packing.ts';

/** Nibble i of a word is column 8c + AWQ_ORDER[i] (`AWQ_PACK_ORDER`, github.com/casper-hansen/AutoAWQ, awq/utils/packing_utils.py). */
const AWQ_ORDER = [0, 2, 4, 6, 1, 3, 5, 7];

/** The nibble that column 8c + i is. */
export const AWQ_NIBBLE = AWQ_ORDER.map((_, i) => AWQ_ORDER.indexOf(i));

/** Words [K, N / 8] are taken in tiles of so many along N, of eight rows each, and along K. */
const TILE_COLUMNS = 16;
const TILE_OCTETS = 16;

/**
 * Nibbles [K, N] with N along the words, as rows with K along the words: eight words that are eight columns of eight inputs become eight
 * words of eight inputs of a column each, by swapping halves, quarters and eighths (Warren, Hacker's Delight, section 7-3).
 */
export function awqCodes(rows: number, inputs: number): RowConverter {
  const width = rows / 8;
  const stride = roundUp(inputs, BLOCK) / 8;
  const octets = Math.ceil(inputs / 8);
  return (bytes, first, count) => {
    const words = wordsOf(bytes);
    const begin = Math.floor(first / 8);
    const end = Math.ceil((first + count) / 8);
    const quants = new Int32Array((end - begin) * 8 * stride);
    const at = (k: number, column: number): number => (k < inputs ? words[k * width + column] : 0);
    for (let tile = begin; tile < end; tile += TILE_COLUMNS) {
      for (let start = 0; start < octets; start += TILE_OCTETS) {
        for (let octet = start; octet < Math.min(start + TILE_OCTETS, octets); octet++) {
          const k = 8 * octet;
          for (let column = tile; column < Math.min(tile + TILE_COLUMNS, end); column++) {
            let [a, b, c, d] = [at(k, column), at(k + 1, column), at(k + 2, column), at(k + 3, column)];
            let [e, f, g, h] = [at(k + 4, column), at(k + 5, column), at(k + 6, column), at(k + 7, column)];
            let swap = ((a >>> 16) ^ e) & 0xffff;
            e ^= swap;
            a ^= swap << 16;
            swap = ((b >>> 16) ^ f) & 0xffff;
            f ^= swap;
            b ^= swap << 16;
            swap = ((c >>> 16) ^ g) & 0xffff;
            g ^= swap;
            c ^= swap << 16;
            swap = ((d >>> 16) ^ h) & 0xffff;
            h ^= swap;
            d ^= swap << 16;
            swap = ((a >>> 8) ^ c) & 0xff00ff;
            c ^= swap;
            a ^= swap << 8;
            swap = ((b >>> 8) ^ d) & 0xff00ff;
            d ^= swap;
            b ^= swap << 8;
            swap = ((e >>> 8) ^ g) & 0xff00ff;
            g ^= swap;
            e ^= swap << 8;
            swap = ((f >>> 8) ^ h) & 0xff00ff;
            h ^= swap;
            f ^= swap << 8;
            swap = ((a >>> 4) ^ b) & 0xf0f0f0f;
            b ^= swap;
            a ^= swap << 4;
            swap = ((c >>> 4) ^ d) & 0xf0f0f0f;
            d ^= swap;
            c ^= swap << 4;
            swap = ((e >>> 4) ^ f) & 0xf0f0f0f;
            f ^= swap;
            e ^= swap << 4;
            swap = ((g >>> 4) ^ h) & 0xf0f0f0f;
            h ^= swap;
            g ^= swap << 4;
            // Word i now holds nibble i of all eight, which is column AWQ_ORDER[i].
            const target = (column - begin) * 8 * stride + octet;
            quants[target] = a;
            quants[target + 2 * stride] = b;
            quants[target + 4 * stride] = c;
            quants[target + 6 * stride] = d;
            quants[target + stride] = e;
            quants[target + 3 * stride] = f;
            quants[target + 5 * stride] = g;
            quants[target + 7 * stride] = h;
          }
        }
      }
    }
    const skipped = (first - 8 * begin) * stride * 4;
    return { quants: new Uint8Array(quants.buffer, skipped, count * stride * 4) };
  };
}
