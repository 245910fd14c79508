import { halfFromNumber, halfToNumber } from '../../../shaders/common/half.ts';
import { clamp, f32, farthest, inverse, tameHalf, type BlockCodec } from './block-codec.ts';
import { GGML_TYPES } from './ggml-types.ts';
import { readScale3, readScaleMin4, writeScale3, writeScaleMin4 } from './k-scales.ts';

/** Where the 256 elements of a super-block have bits: `get` and `put` for element i. */
interface Bits {
  readonly get: (block: DataView, i: number) => number;
  readonly put: (block: DataView, i: number, value: number) => void;
}

/** `width` bits of each element in bytes from `offset` on, where `place` says in which byte and from which bit. */
function bits(offset: number, width: number, place: (i: number) => readonly [byte: number, shift: number]): Bits {
  const mask = 2 ** width - 1;
  return {
    get: (block, i) => {
      const [byte, shift] = place(i);
      return (block.getUint8(offset + byte) >> shift) & mask;
    },
    put: (block, i, value) => {
      const [byte, shift] = place(i);
      block.setUint8(offset + byte, block.getUint8(offset + byte) | ((value & mask) << shift));
    },
  };
}

/** Each 128 elements in 32 bytes: a byte holds four elements that are 32 apart. */
const pairsOf128 = (i: number) => [(i >> 7) * 32 + (i & 31), 2 * ((i >> 5) & 3)] as const;
/** Each 64 elements in 32 bytes: element j low, j + 32 high. */
const nibblesOf64 = (i: number) => [(i >> 6) * 32 + (i & 31), 4 * ((i >> 5) & 1)] as const;
/** Each 128 elements in 64 bytes: element j low, j + 64 high. */
const nibblesOf128 = (i: number) => [(i >> 7) * 64 + (i & 63), 4 * ((i >> 6) & 1)] as const;
/** All 256 elements in 32 bytes: bit s of byte j is element 32·s + j. */
const bitsOf256 = (i: number) => [i & 31, i >> 5] as const;

interface Affine {
  readonly type: 'Q2_K' | 'Q4_K' | 'Q5_K';
  /** Elements that share a scale and a minimum. */
  readonly group: number;
  /** Largest code of a scale or minimum. */
  readonly most: number;
  readonly levels: number;
  readonly dAt: number;
  readonly low: Bits;
  readonly high?: Bits;
  readonly readScale: (block: DataView, group: number) => readonly [scale: number, minimum: number];
  readonly writeScale: (block: DataView, group: number, scale: number, minimum: number) => void;
}

/** d·scale·q − dmin·minimum, as Q2_K, Q4_K and Q5_K have it. */
function affineCodec({ type, group, most, levels, dAt, low, high, readScale, writeScale }: Affine): BlockCodec {
  const lowBits = high ? 4 : Math.log2(levels);
  return {
    decode: (block) => {
      const d = halfToNumber(block.getUint16(dAt, true));
      const dmin = halfToNumber(block.getUint16(dAt + 2, true));
      return new Float32Array(256).map((_, i) => {
        const [scale, minimum] = readScale(block, Math.floor(i / group));
        const code = low.get(block, i) | ((high?.get(block, i) ?? 0) << lowBits);
        return f32(f32(f32(d * scale) * code) - f32(dmin * minimum));
      });
    },
    encode: (values) => {
      const groups = Array.from({ length: 256 / group }, (_, g) => values.subarray(g * group, (g + 1) * group));
      const minima = groups.map((part) => Math.max(0, -Math.min(...part)));
      const scales = groups.map((part, g) => Math.max(0, Math.max(...part) + minima[g]) / (levels - 1));
      const block = new DataView(new ArrayBuffer(GGML_TYPES[type].bytes));
      block.setUint16(dAt, halfFromNumber(Math.max(...scales) / most), true);
      block.setUint16(dAt + 2, halfFromNumber(Math.max(...minima) / most), true);
      const d = halfToNumber(block.getUint16(dAt, true));
      const dmin = halfToNumber(block.getUint16(dAt + 2, true));
      groups.forEach((part, g) => {
        const scale = clamp(Math.round(scales[g] * inverse(d)), 0, most);
        const minimum = clamp(Math.round(minima[g] * inverse(dmin)), 0, most);
        writeScale(block, g, scale, minimum);
        part.forEach((value, j) => {
          const code = clamp(Math.round((value + dmin * minimum) * inverse(d * scale)), 0, levels - 1);
          low.put(block, g * group + j, code);
          high?.put(block, g * group + j, code >> lowBits);
        });
      });
      return new Uint8Array(block.buffer);
    },
    tame: (block) => {
      tameHalf(block, dAt);
      tameHalf(block, dAt + 2);
    },
  };
}

/** 16 bytes of scale (low nibble) and minimum (high), 64 bytes of codes, d, dmin. */
export const Q2_K = affineCodec({
  type: 'Q2_K',
  group: 16,
  most: 15,
  levels: 4,
  dAt: 80,
  low: bits(16, 2, pairsOf128),
  readScale: (block, g) => [block.getUint8(g) & 15, block.getUint8(g) >> 4],
  writeScale: (block, g, scale, minimum) => block.setUint8(g, scale | (minimum << 4)),
});

/** d, dmin, 12 bytes of scales and minima, 128 bytes of codes. */
export const Q4_K = affineCodec({ type: 'Q4_K', group: 32, most: 63, levels: 16, dAt: 0, low: bits(16, 4, nibblesOf64), readScale: readScaleMin4, writeScale: writeScaleMin4 });

/** As Q4_K, with 32 bytes of fifth bits before the codes. */
export const Q5_K = affineCodec({
  type: 'Q5_K',
  group: 32,
  most: 63,
  levels: 32,
  dAt: 0,
  low: bits(48, 4, nibblesOf64),
  high: bits(16, 1, bitsOf256),
  readScale: readScaleMin4,
  writeScale: writeScaleMin4,
});

interface Centred {
  readonly type: 'Q3_K' | 'Q6_K';
  /** Least and largest scale. */
  readonly scaleRange: readonly [number, number];
  readonly levels: number;
  readonly dAt: number;
  readonly low: Bits;
  readonly lowBits: number;
  readonly high: Bits;
  readonly readScale: (block: DataView, group: number) => number;
  readonly writeScale: (block: DataView, group: number, scale: number) => void;
}

/** d·scale·(q − levels / 2) with a signed scale for each 16 elements, as Q3_K and Q6_K have it. */
function centredCodec({ type, scaleRange: [least, most], levels, dAt, low, lowBits, high, readScale, writeScale }: Centred): BlockCodec {
  return {
    decode: (block) => {
      const d = halfToNumber(block.getUint16(dAt, true));
      return new Float32Array(256).map((_, i) => f32(f32(d * readScale(block, i >> 4)) * ((low.get(block, i) | (high.get(block, i) << lowBits)) - levels / 2)));
    },
    encode: (values) => {
      const groups = Array.from({ length: 16 }, (_, g) => values.subarray(16 * g, 16 * g + 16));
      const scales = groups.map((part) => farthest(part) / (-levels / 2));
      const block = new DataView(new ArrayBuffer(GGML_TYPES[type].bytes));
      block.setUint16(dAt, halfFromNumber(Math.max(...scales.map(Math.abs)) / most), true);
      const d = halfToNumber(block.getUint16(dAt, true));
      groups.forEach((part, g) => {
        const scale = clamp(Math.round(scales[g] * inverse(d)), least, most);
        writeScale(block, g, scale);
        part.forEach((value, j) => {
          const code = clamp(Math.round(value * inverse(d * scale)) + levels / 2, 0, levels - 1);
          low.put(block, 16 * g + j, code);
          high.put(block, 16 * g + j, code >> lowBits);
        });
      });
      return new Uint8Array(block.buffer);
    },
    tame: (block) => tameHalf(block, dAt),
  };
}

/** 32 bytes of third bits, 64 bytes of low pairs, 12 bytes of scales, d. */
export const Q3_K = centredCodec({
  type: 'Q3_K',
  scaleRange: [-32, 31],
  levels: 8,
  dAt: 108,
  low: bits(32, 2, pairsOf128),
  lowBits: 2,
  high: bits(0, 1, bitsOf256),
  readScale: readScale3,
  writeScale: writeScale3,
});

/** 128 bytes of low nibbles, 64 bytes of high pairs, 16 scales of 8 bits, d. */
export const Q6_K = centredCodec({
  type: 'Q6_K',
  scaleRange: [-128, 127],
  levels: 64,
  dAt: 208,
  low: bits(0, 4, nibblesOf128),
  lowBits: 4,
  high: bits(128, 2, pairsOf128),
  readScale: (block, g) => block.getInt8(192 + g),
  writeScale: (block, g, scale) => block.setInt8(192 + g, scale),
});
