import type { HedgehogVariant, WeightedMeanVariant } from './hedgehog.ts';

type Numbers = ArrayLike<number>;

function softmax(logits: readonly number[]): number[] {
  const largest = Math.max(...logits);
  const exponentials = logits.map((logit) => Math.exp(logit - largest));
  const sum = exponentials.reduce((total, value) => total + value, 0);
  return exponentials.map((value) => value / sum);
}

/** Float64 of `hedgehog`; NaN where nothing is written. */
export function hedgehogReference({ heads, times, features, from, to }: HedgehogVariant, x: Numbers, weight: Numbers, rows: number): Float64Array {
  const out = new Float64Array(rows * to.stride).fill(NaN);
  for (let t = 0; t < rows; t++) {
    for (let head = 0; head < heads; head++) {
      const start = t * from.stride + from.column + head * from.dim;
      const logits = Array.from({ length: features }, (_, f) => Array.from({ length: from.dim }, (_unused, i) => weight[f * from.dim + i] * x[start + i]).reduce((sum, product) => sum + product, 0));
      const row = [...softmax(logits), ...softmax(logits.map((logit) => -logit))];
      for (let copy = 0; copy < times; copy++) out.set(row, t * to.stride + to.column + (head * times + copy) * 2 * features);
    }
  }
  return out;
}

/** Float64 of `weightedMean`. */
export function weightedMeanReference({ dim, xDim, least }: WeightedMeanVariant, { x, added, factor }: { readonly x: Numbers; readonly added: Numbers; readonly factor: Numbers }): Float64Array {
  return Float64Array.from(added, (value, i) => {
    const head = Math.floor(i / dim) * xDim;
    return x[head + (i % dim)] / Math.max(x[head + dim], least) + factor[0] * value;
  });
}
