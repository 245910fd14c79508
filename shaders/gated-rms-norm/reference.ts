import { roundUp } from '../kernel.ts';
import type { GatedRmsNormVariant } from './gated-rms-norm.ts';

/** Float64 gated RMSNorm per head: x [T, heads · headDim] (padded to a multiple of four), z [T, gateStride]; NaN in the padding. */
export function gatedRmsNormReference(variant: GatedRmsNormVariant, x: ArrayLike<number>, z: ArrayLike<number>, weight: ArrayLike<number>): Float64Array {
  const { heads, headDim, norm, activation, order, gateStride, gateOffset } = variant;
  const stride = roundUp(heads * headDim, 4);
  const out = new Float64Array(x.length).fill(NaN);
  for (let t = 0; t < x.length / stride; t++) {
    for (let h = 0; h < heads; h++) {
      const row = t * stride + h * headDim;
      const gates = Float64Array.from({ length: headDim }, (_, i) => {
        if (activation === 'none') return 1;
        const gate = z[t * gateStride + gateOffset + h * headDim + i];
        return (activation === 'silu' ? gate : 1) / (1 + Math.exp(-gate));
      });
      const values = gates.map((gate, i) => x[row + i] * (order === 'gate-first' ? gate : 1));
      const mean = norm?.centred ? values.reduce((sum, value) => sum + value, 0) / headDim : 0;
      for (let i = 0; i < headDim; i++) values[i] -= mean;
      const inverse = norm ? 1 / Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / headDim + norm.eps) : 1;
      for (let i = 0; i < headDim; i++) {
        const scale = norm ? inverse * weight[norm.perHead ? h * headDim + i : i] : 1;
        out[row + i] = values[i] * scale * (order === 'gate-first' ? 1 : gates[i]);
      }
    }
  }
  return out;
}
