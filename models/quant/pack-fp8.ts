import { describeFormat } from '../../shaders/dequant/formats.ts';
import type { Packer } from './packer.ts';
import { unpackable } from './unpackable-weight-error.ts';

const [quantsPlane] = describeFormat('fp8').planes;
const LARGEST = 448;
/** Rows whose scale would be an f32 denormal, which adapters flush, are stored as zeros. */
const SMALLEST_SCALE = 2 ** -126;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** E4M3FN (arXiv:2209.05433) of a number of at most 448, to nearest, ties to even. */
function fp8FromFloatBits(source: number): number {
  const sign = (source >>> 24) & 0x80;
  const magnitude = source & 0x7fffffff;
  if (magnitude >= 0x3c800000) return sign | Math.min(0x7e, (magnitude - 0x3c000000 + 0x7ffff + ((magnitude >>> 20) & 1)) >>> 20);
  // Subnormal: the unit of 2^14 in f32 is 2^-9, so the addition rounds and the low bits of the sum are the code.
  bits[0] = magnitude;
  float[0] += 16384;
  return sign | (bits[0] & 15);
}

/** max|w| / 448, rounded up to 20 bits: then scale · code is exact in f32, and packing what was decoded gives the same again. */
function scaleOf(largest: number): number {
  float[0] = largest / LARGEST;
  bits[0] = (bits[0] + 15) & ~15;
  return float[0] < SMALLEST_SCALE ? 0 : float[0];
}

/** E4M3FN with one f32 scale a row. */
export const packFp8: Packer = (values, rows, inputs) => {
  const stride = quantsPlane.bytesPerRow(inputs);
  const quants = new Uint8Array(rows * stride);
  const scales = new Float32Array(rows);
  const scaled = new Float32Array(inputs);
  const scaledBits = new Uint32Array(scaled.buffer);
  for (let row = 0; row < rows; row++) {
    const start = row * inputs;
    let largest = 0;
    let check = 0;
    for (let k = 0; k < inputs; k++) {
      const magnitude = Math.abs(values[start + k]);
      check += magnitude - magnitude;
      if (magnitude > largest) largest = magnitude;
    }
    if (check !== 0) throw unpackable('fp8', values, inputs, start, start + inputs);
    const scale = scaleOf(largest);
    if (scale === 0) continue;
    scales[row] = scale;
    for (let k = 0; k < inputs; k++) scaled[k] = values[start + k] / scale;
    for (let k = 0; k < inputs; k++) quants[row * stride + k] = fp8FromFloatBits(scaledBits[k]);
  }
  return { quants, scales: new Uint8Array(scales.buffer) };
};
