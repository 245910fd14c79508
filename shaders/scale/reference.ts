import { roundUp } from '../kernel.ts';
import type { ScaleVariant } from './scale.ts';

/** Float64 factor · x of rows [T, width] padded to a multiple of four, into or onto `out`; what is not written stays. */
export function scaleReference({ width, factor, accumulate = false, place = { width, offset: 0 } }: ScaleVariant, x: ArrayLike<number>, out: ArrayLike<number>): Float64Array {
  const [stride, outStride] = [roundUp(width, 4), roundUp(place.width, 4)];
  const result = Float64Array.from(out);
  for (let row = 0; row * stride < x.length; row++) {
    for (let i = 0; i < width; i++) {
      const at = row * outStride + place.offset + i;
      result[at] = factor * x[row * stride + i] + (accumulate ? result[at] : 0);
    }
  }
  return result;
}
