import type { ResizeHeadsVariant } from './resize-heads.ts';

/** `rows` rows of `to.stride` elements; NaN where nothing is written. */
export function resizeHeadsReference({ heads, from, to }: ResizeHeadsVariant, x: ArrayLike<number>, rows: number): Float64Array {
  const out = new Float64Array(rows * to.stride).fill(NaN);
  for (let row = 0; row < rows; row++) {
    for (let head = 0; head < heads; head++) {
      for (let i = 0; i < to.dim; i++) out[row * to.stride + to.column + head * to.dim + i] = i < from.dim ? x[row * from.stride + from.column + head * from.dim + i] : 0;
    }
  }
  return out;
}
