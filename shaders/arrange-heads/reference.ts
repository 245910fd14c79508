import { activate } from '../linear/reference.ts';
import type { ArrangeHeadsVariant, FeatureMap } from './arrange-heads.ts';

function featureOf(map: FeatureMap, x: number): number {
  if (map === 'relu') return Math.max(x, 0);
  if (map === 'elu-plus-one') return x > 0 ? x + 1 : Math.exp(x);
  return activate(map, x);
}

/** Float64: `rows` rows of `to.stride` elements; NaN where nothing is written. `turns`: [context, from.dim/2] of (cos, sin), row r at `position` + r. */
export function arrangeHeadsReference(variant: ArrangeHeadsVariant, x: ArrayLike<number>, rows: number, { turns = [], position = 0 }: { readonly turns?: ArrayLike<number>; readonly position?: number } = {}): Float64Array {
  const { heads, times = 1, from, to, activation = 'none', overSum, one, pool = 1, rotary } = variant;
  const out = new Float64Array(rows * to.stride).fill(NaN);
  const half = from.dim / 2;
  for (let row = 0; row < rows; row++) {
    for (let head = 0; head < heads * times; head++) {
      const start = row * from.stride + from.column + Math.floor(head / times) * from.dim;
      const features = Array.from({ length: from.dim }, (_, i) => featureOf(activation, x[start + i]));
      const divisor = overSum ? features.reduce((sum, value) => sum + value, 0) : 1;
      const turned = (i: number): number => {
        const [cos, sin] = [0, 1].map((part) => turns[2 * ((position + row) * half + (i % half)) + part]);
        return i < half ? features[i] * cos - features[i + half] * sin : features[i] * cos + features[i - half] * sin;
      };
      const pooled = (i: number): number => features.slice(i * pool, (i + 1) * pool).reduce((sum, value) => sum + value, 0) / pool;
      for (let i = 0; i < to.dim; i++) out[row * to.stride + to.column + head * to.dim + i] = i < from.dim / pool ? (rotary ? turned(i) : pooled(i)) / divisor : Number(one === true && i === from.dim / pool);
    }
  }
  return out;
}
