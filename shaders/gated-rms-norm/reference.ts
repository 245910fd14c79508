import { roundUp } from '../kernel.ts';
import type { GatedRmsNormVariant } from './gated-rms-norm.ts';

/** Float64 RMSNorm(x) · weight · silu(z) per head: x [T, heads · headDim] (padded to a multiple of four), z [T, gateStride]; NaN in the padding. */
export function gatedRmsNormReference(variant: GatedRmsNormVariant, x: ArrayLike<number>, z: ArrayLike<number>, weight: ArrayLike<number>): Float64Array {
  const { heads, headDim, eps, gateStride, gateOffset } = variant;
  const stride = roundUp(heads * headDim, 4);
  const out = new Float64Array(x.length).fill(NaN);
  for (let t = 0; t < x.length / stride; t++) {
    for (let h = 0; h < heads; h++) {
      const row = t * stride + h * headDim;
      let squares = 0;
      for (let i = 0; i < headDim; i++) squares += x[row + i] ** 2;
      const inverse = 1 / Math.sqrt(squares / headDim + eps);
      for (let i = 0; i < headDim; i++) {
        const gate = z[t * gateStride + gateOffset + h * headDim + i];
        out[row + i] = (x[row + i] * inverse * weight[i] * gate) / (1 + Math.exp(-gate));
      }
    }
  }
  return out;
}
