import { roundUp } from '../kernel.ts';

/** Float64 factor · x of rows [T, width] padded to a multiple of four; the padding of the result is NaN (not written). */
export function scaleReference(x: ArrayLike<number>, width: number, factor: number): Float64Array {
  return Float64Array.from(x, (value, i) => (i % roundUp(width, 4) < width ? factor * value : NaN));
}
