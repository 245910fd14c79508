import { halfToNumber, packHalves } from '../common/half.ts';
import type { BufferData } from '../kernel-case.ts';
import type { KvFormat } from './kv-format.ts';
import { KV_GROUP, KV_LAYOUTS } from './kv-layouts.ts';

/** Formats whose rows are codes with a scale and a zero for each group. */
export type PackedKvFormat = Extract<KvFormat, 'int8' | 'int4'>;

const CODE_BITS: Readonly<Record<PackedKvFormat, number>> = { int8: 8, int4: 4 };
/** Either end of a group's range is moved inwards by 0, 1, 2 or 3 times this many steps between codes; the best of the 16 ranges is kept. */
const TRIM = 0.35;
const TRIMS = 4;

const bits = new Uint32Array(1);
const float = new Float32Array(bits.buffer);

/** The largest code, and the fractions of a code that a zero is counted in. */
export const kvCodes = (format: PackedKvFormat): { readonly levels: number; readonly zeroUnit: number } => ({ levels: 2 ** CODE_BITS[format] - 1, zeroUnit: 2 ** (12 - CODE_BITS[format]) });

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));

/** Ties to even, as in WGSL. */
function round(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** x = scale · (code − zero): an f32 scale in the upper 20 bits, the zero in the lower 12. */
function groupOf(word: number, zeroUnit: number): { scale: number; zero: number } {
  bits[0] = word & 0xfffff000;
  return { scale: float[0], zero: (word & 0xfff) / zeroUnit };
}

function wordOf(low: number, high: number, format: PackedKvFormat): number {
  const { levels, zeroUnit } = kvCodes(format);
  float[0] = (high - low) / levels;
  bits[0] = (bits[0] + 0x800) & 0xfffff000;
  const scale = float[0];
  return scale === 0 ? 0 : (bits[0] | clamp(round((-low / scale) * zeroUnit), 0, levels * zeroUnit)) >>> 0;
}

function codesOf(group: readonly number[], word: number, format: PackedKvFormat): number[] {
  const { levels, zeroUnit } = kvCodes(format);
  const { scale, zero } = groupOf(word, zeroUnit);
  return group.map((value) => (scale === 0 ? 0 : clamp(round(value / scale + zero), 0, levels)));
}

function bestWord(group: readonly number[], format: PackedKvFormat): number {
  const { levels, zeroUnit } = kvCodes(format);
  const low = Math.min(0, ...group);
  const high = Math.max(0, ...group);
  const trim = ((high - low) / levels) * TRIM;
  const errorOf = (word: number): number => {
    const { scale, zero } = groupOf(word, zeroUnit);
    return codesOf(group, word, format).reduce((sum, code, i) => sum + ((code - zero) * scale - group[i]) ** 2, 0);
  };
  const tried = Array.from({ length: TRIMS ** 2 }, (_, i) => {
    const word = wordOf(low + (i % TRIMS) * trim, high - Math.floor(i / TRIMS) * trim, format);
    return { word, error: errorOf(word) };
  });
  return tried.reduce((best, next) => (next.error < best.error ? next : best)).word;
}

/** The words of a row, in float64: codes, the first in the lowest bits, then a word for each group. A row of NaN is words of ones, which decode to NaN. */
export function packKvRow(format: PackedKvFormat, row: ArrayLike<number>): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(KV_LAYOUTS[format].rowBytes(row.length) / 4);
  if (Number.isNaN(row[0])) return words.fill(0xffffffff);
  const groups = Math.ceil(row.length / KV_GROUP);
  for (let group = 0; group < groups; group++) {
    const start = group * KV_GROUP;
    const values = Array.from({ length: Math.min(KV_GROUP, row.length - start) }, (_, i) => row[start + i]);
    const word = bestWord(values, format);
    words[words.length - groups + group] = word;
    codesOf(values, word, format).forEach((code, i) => {
      const bit = (start + i) * CODE_BITS[format];
      words[bit >> 5] |= code << (bit & 31);
    });
  }
  return words;
}

/** The `headDim` elements of a row, exact in float64. */
export function unpackKvRow(format: PackedKvFormat, words: Uint32Array, headDim: number): Float64Array<ArrayBuffer> {
  const { levels, zeroUnit } = kvCodes(format);
  const groups = Math.ceil(headDim / KV_GROUP);
  return Float64Array.from({ length: headDim }, (_, i) => {
    const { scale, zero } = groupOf(words[words.length - groups + Math.floor(i / KV_GROUP)], zeroUnit);
    const bit = i * CODE_BITS[format];
    return (((words[bit >> 5] >>> (bit & 31)) & levels) - zero) * scale;
  });
}

/** A cache of rows of `headDim` elements, NaN where none was written, as kernels see it. */
export function packKvCache(format: KvFormat, cache: Float64Array, headDim: number): BufferData {
  if (format === 'f32') return Float32Array.from(cache);
  if (format === 'f16') return packHalves(cache);
  const rowWords = KV_LAYOUTS[format].rowBytes(headDim) / 4;
  const words = new Uint32Array((cache.length / headDim) * rowWords);
  for (let row = 0; row * headDim < cache.length; row++) words.set(packKvRow(format, cache.subarray(row * headDim, (row + 1) * headDim)), row * rowWords);
  return words;
}

/** The numbers that kernels read out of a cache's words. */
export function unpackKvCache(format: KvFormat, words: BufferData, headDim: number): Float64Array {
  if (format === 'f32') return Float64Array.from(new Float32Array(words.buffer));
  if (format === 'f16') return Float64Array.from(new Uint16Array(words.buffer), halfToNumber);
  const rowWords = KV_LAYOUTS[format].rowBytes(headDim) / 4;
  const bytes = new Uint32Array(words.buffer);
  const cache = new Float64Array((words.length / rowWords) * headDim);
  for (let row = 0; row * rowWords < words.length; row++) cache.set(unpackKvRow(format, bytes.subarray(row * rowWords, (row + 1) * rowWords), headDim), row * headDim);
  return cache;
}
