import { roundUp } from '../kernel.ts';
import { activate } from '../linear/reference.ts';
import type { GluVariant } from './glu.ts';

/** Float64 activation(gate) · up of rows [gate | up], padded to a multiple of four; the padding of the result is NaN (not written). */
export function gluReference({ width, activation }: GluVariant, x: ArrayLike<number>): Float64Array {
  const [stride, outStride] = [roundUp(2 * width, 4), roundUp(width, 4)];
  const out = new Float64Array((x.length / stride) * outStride).fill(NaN);
  for (let row = 0; row * stride < x.length; row++) {
    for (let i = 0; i < width; i++) out[row * outStride + i] = activate(activation, x[row * stride + i]) * x[row * stride + width + i];
  }
  return out;
}
