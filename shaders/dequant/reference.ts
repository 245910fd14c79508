import { halfToNumber } from '../common/half.ts';
import type { CodeName } from './codes.ts';
import { describeFormat } from './formats.ts';
import type { WeightFormat } from './weight-format.ts';
import { BLOCK, SUPER, type PlaneName } from './plane.ts';
import { GROUP_SCALE_FACTOR, type ScaleName } from './scales.ts';

type Planes = Readonly<Record<PlaneName, DataView>>;

/** The number that a byte of E4M3FN stands for (arXiv:2209.05433): bias 7, no infinities, NaN at 0x7f and 0xff. */
export function fp8ToNumber(byte: number): number {
  const sign = byte & 0x80 ? -1 : 1;
  const exponent = (byte >> 3) & 15;
  const fraction = byte & 7;
  if (exponent === 15 && fraction === 7) return NaN;
  return sign * (exponent ? 2 ** (exponent - 7) * (1 + fraction / 8) : 2 ** -9 * fraction);
}

const FP4 = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
const IQ4 = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
const NF4 = Float32Array.of(
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0,
  0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
);

/** `width` bits of plane `view` for weight k, where the weights of a row follow each other from the lowest bit on. */
const bitsAt = (view: DataView, k: number, width: number): number => (view.getUint8((k * width) >> 3) >> ((k * width) & 7)) & ((1 << width) - 1);

/** The code of weight k, before its zero is taken off. */
const CODE_DECODERS: Readonly<Record<CodeName, (planes: Planes, k: number) => number>> = {
  int2: ({ quants }, k) => bitsAt(quants, k, 2),
  int3: ({ quants, high }, k) => bitsAt(quants, k, 2) | (bitsAt(high, k, 1) << 2),
  int4: ({ quants }, k) => bitsAt(quants, k, 4),
  int5: ({ quants, high }, k) => bitsAt(quants, k, 4) | (bitsAt(high, k, 1) << 4),
  int6: ({ quants, high }, k) => bitsAt(quants, k, 4) | (bitsAt(high, k, 2) << 4),
  int8: ({ quants }, k) => quants.getInt8(k),
  fp4: ({ quants }, k) => FP4[bitsAt(quants, k, 4) & 7] * (bitsAt(quants, k, 4) & 8 ? -1 : 1),
  nf4: ({ quants }, k) => NF4[bitsAt(quants, k, 4)],
  iq4: ({ quants }, k) => IQ4[bitsAt(quants, k, 4)],
  fp8: ({ quants }, k) => fp8ToNumber(quants.getUint8(k)),
};

const half = (view: DataView, byte: number): number => halfToNumber(view.getUint16(byte, true));
const superOf = (k: number, bytes: number): number => bytes * Math.floor(k / SUPER);
const within = (k: number, part: number): number => Math.floor((k % SUPER) / part);

/** What the code of weight k is multiplied by, and what is taken off then. */
const SCALE_DECODERS: Readonly<Record<ScaleName, (scales: DataView, k: number, group: number) => readonly [scale: number, min: number]>> = {
  f16: (scales, k, group) => [half(scales, 2 * Math.floor(k / group)) / GROUP_SCALE_FACTOR, 0],
  f32: (scales, k, group) => [scales.getFloat32(4 * Math.floor(k / group), true), 0],
  e8m0: (scales, k) => [scales.getUint8(Math.floor(k / BLOCK)) === 0 ? 0 : 2 ** (scales.getUint8(Math.floor(k / BLOCK)) - 127), 0],
  nvfp4: (scales, k) => [Math.fround(scales.getFloat32(0, true) * fp8ToNumber(scales.getUint8(4 + Math.floor(k / 16)))), 0],
  offset: (scales, k) => [half(scales, 4 * Math.floor(k / BLOCK)), -half(scales, 4 * Math.floor(k / BLOCK) + 2)],
  'super-16': (scales, k) => [half(scales, superOf(k, 20)) * scales.getInt8(superOf(k, 20) + 4 + within(k, 16)), 0],
  'super-32': (scales, k) => [half(scales, superOf(k, 12)) * scales.getInt8(superOf(k, 12) + 4 + within(k, 32)), 0],
  'super-min-16': (scales, k) => {
    const byte = scales.getUint8(superOf(k, 20) + 4 + within(k, 16));
    return [half(scales, superOf(k, 20)) * (byte & 15), half(scales, superOf(k, 20) + 2) * (byte >> 4)];
  },
  'super-min-32': (scales, k) => {
    const at = superOf(k, 20);
    return [half(scales, at) * scales.getUint8(at + 4 + 2 * within(k, 32)), half(scales, at + 2) * scales.getUint8(at + 5 + 2 * within(k, 32))];
  },
};

function weightDecoder(format: WeightFormat): (planes: Planes, k: number) => number {
  if (format === 'f32') return ({ quants }, k) => quants.getFloat32(4 * k, true);
  if (format === 'f16') return ({ quants }, k) => half(quants, 2 * k);
  const { scheme } = describeFormat(format);
  if (!scheme) throw new RangeError(`there is no decoder of ${format}`);
  const { codes, scale, group, zero, zeros } = scheme;
  return (planes, k) => {
    const [factor, min] = SCALE_DECODERS[scale](planes.scales, k, group);
    const code = CODE_DECODERS[codes](planes, k) - zero - (zeros ? planes.zeros.getUint8(Math.floor(k / group)) : 0);
    return factor * code - min;
  };
}

/**
 * Decodes rows [rows, inputs] of a packed weight to exactly the f32 values that the shaders compute. `planes` holds the bytes of each
 * plane by name; f32 rounding happens once, where the result does not fit.
 */
export function decodeRows(format: WeightFormat, planes: Readonly<Partial<Record<string, ArrayBufferView>>>, rows: number, inputs: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(rows * inputs);
  const decode = weightDecoder(format);
  const none = new DataView(new ArrayBuffer(0));
  for (let row = 0; row < rows; row++) {
    const views: Record<PlaneName, DataView> = { quants: none, high: none, scales: none, zeros: none };
    for (const { name, bytesPerRow } of describeFormat(format).planes) {
      const view = planes[name];
      const bytes = bytesPerRow(inputs);
      if (view) views[name] = new DataView(view.buffer, view.byteOffset + row * bytes, bytes);
    }
    for (let k = 0; k < inputs; k++) values[row * inputs + k] = decode(views, k);
  }
  return values;
}
