import { BLOCK, describeFormat, GROUP_SCALE_FACTOR, type WeightFormat } from './formats.ts';
import { halfToNumber } from '../common/half.ts';

/** The number that a byte of E4M3FN stands for (arXiv:2209.05433): bias 7, no infinities, NaN at 0x7f and 0xff. */
export function fp8ToNumber(byte: number): number {
  const sign = byte & 0x80 ? -1 : 1;
  const exponent = (byte >> 3) & 15;
  const fraction = byte & 7;
  if (exponent === 15 && fraction === 7) return NaN;
  return sign * (exponent ? 2 ** (exponent - 7) * (1 + fraction / 8) : 2 ** -9 * fraction);
}

const groupScale = (scales: DataView, k: number): number => halfToNumber(scales.getUint16(2 * Math.floor(k / BLOCK), true)) / GROUP_SCALE_FACTOR;

/** Weight k of a row, exact in float64, from the row's bytes in each plane. */
const DECODERS: Readonly<Record<WeightFormat, (quants: DataView, scales: DataView, k: number) => number>> = {
  f32: (quants, _, k) => quants.getFloat32(4 * k, true),
  f16: (quants, _, k) => halfToNumber(quants.getUint16(2 * k, true)),
  int8: (quants, scales, k) => groupScale(scales, k) * quants.getInt8(k),
  int4: (quants, scales, k) => groupScale(scales, k) * (((quants.getUint8(k >> 1) >> (4 * (k & 1))) & 15) - 8),
  fp8: (quants, scales, k) => scales.getFloat32(0, true) * fp8ToNumber(quants.getUint8(k)),
};

/**
 * Decodes rows [rows, inputs] of a packed weight to exactly the f32 values that the shaders compute. `planes` holds the bytes of each
 * plane by name; f32 rounding happens once, where the product of scale and code does not fit (only fp8).
 */
export function decodeRows(format: WeightFormat, planes: Readonly<Record<string, ArrayBufferView>>, rows: number, inputs: number): Float32Array<ArrayBuffer> {
  const values = new Float32Array(rows * inputs);
  const decode = DECODERS[format];
  for (let row = 0; row < rows; row++) {
    const [quants, scales] = [0, 1].map((index) => {
      const plane = describeFormat(format).planes[index];
      if (!plane) return new DataView(new ArrayBuffer(0));
      const bytes = plane.bytesPerRow(inputs);
      const { buffer, byteOffset } = planes[plane.name];
      return new DataView(buffer, byteOffset + row * bytes, bytes);
    });
    for (let k = 0; k < inputs; k++) values[row * inputs + k] = decode(quants, scales, k);
  }
  return values;
}
