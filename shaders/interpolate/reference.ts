import { roundUp } from '../kernel.ts';
import type { InterpolateVariant } from './interpolate.ts';

/** Float64 x + weight · (towards − x) of all rows; x lies as `out` does, and what is not written keeps what `out` had. */
export function interpolateReference({ width, towards, by, within }: InterpolateVariant, tensors: Readonly<Record<'x' | 'towards' | 'by' | 'out', ArrayLike<number>>>): Float64Array {
  const { stride, column } = within ?? { stride: roundUp(width, 4), column: 0 };
  const result = Float64Array.from(tensors.out);
  for (let t = 0; t < result.length / stride; t++) {
    for (let i = 0; i < width; i++) {
      const at = t * stride + column + i;
      const weight = by.kind === 'weights' ? tensors.by[by.first + i] : 1 / (1 + Math.exp(-tensors.by[t * roundUp(width, 4) + i]));
      result[at] = tensors.x[at] + weight * (tensors.towards[t * towards.stride + towards.column + i] - tensors.x[at]);
    }
  }
  return result;
}
