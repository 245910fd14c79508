import { roundUp } from '../kernel.ts';

/** Float64 RMSNorm of the first `width` columns of rows [T, stride], added to `out` where that is given; the padding of the result is NaN (not written) or what `out` has. */
export function rmsNormReference(x: ArrayLike<number>, weight: ArrayLike<number>, { width, stride, eps }: { width: number; stride: number; eps: number }, out?: ArrayLike<number>): Float64Array {
  const outStride = roundUp(width, 4);
  const rows = x.length / stride;
  const result = out ? Float64Array.from(out) : new Float64Array(rows * outStride).fill(NaN);
  for (let row = 0; row < rows; row++) {
    let squares = 0;
    for (let i = 0; i < width; i++) squares += x[row * stride + i] ** 2;
    const inverse = 1 / Math.sqrt(squares / width + eps);
    for (let i = 0; i < width; i++) result[row * outStride + i] = x[row * stride + i] * inverse * weight[i] + (out ? out[row * outStride + i] : 0);
  }
  return result;
}
