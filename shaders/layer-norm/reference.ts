import { roundUp } from '../kernel.ts';

/** Float64 LayerNorm of rows [T, width] padded to a multiple of four; the padding of the result is NaN (not written). */
export function layerNormReference(x: ArrayLike<number>, weight: ArrayLike<number>, bias: ArrayLike<number>, width: number, eps: number): Float64Array {
  const stride = roundUp(width, 4);
  const out = new Float64Array(x.length).fill(NaN);
  for (let row = 0; row < x.length; row += stride) {
    let mean = 0;
    for (let i = 0; i < width; i++) mean += x[row + i] / width;
    let variance = 0;
    for (let i = 0; i < width; i++) variance += (x[row + i] - mean) ** 2 / width;
    for (let i = 0; i < width; i++) out[row + i] = ((x[row + i] - mean) / Math.sqrt(variance + eps)) * weight[i] + bias[i];
  }
  return out;
}
