import { roundUp } from '../kernel.ts';

/** Float64 RMSNorm of rows [T, width] padded to a multiple of four, added to `out` where that is given; the padding of the result is NaN (not written) or what `out` has. */
export function rmsNormReference(x: ArrayLike<number>, weight: ArrayLike<number>, width: number, eps: number, out?: ArrayLike<number>): Float64Array {
  const stride = roundUp(width, 4);
  const result = out ? Float64Array.from(out) : new Float64Array(x.length).fill(NaN);
  for (let row = 0; row < x.length; row += stride) {
    let squares = 0;
    for (let i = 0; i < width; i++) squares += x[row + i] ** 2;
    const inverse = 1 / Math.sqrt(squares / width + eps);
    for (let i = 0; i < width; i++) result[row + i] = x[row + i] * inverse * weight[i] + (out ? out[row + i] : 0);
  }
  return result;
}
