import type { DifferentialVariant } from './differential-heads.ts';

/** Float64 of `differentialHeads`: out [T, pairs, width]. */
export function differentialHeadsReference({ pairs, group, width, lambdaDim, lambdaInit, eps }: DifferentialVariant, x: ArrayLike<number>, parameters: ArrayLike<number>): Float64Array {
  const exponent = (q: number, k: number): number => Array.from({ length: lambdaDim }, (_, i) => parameters[q * lambdaDim + i] * parameters[k * lambdaDim + i]).reduce((sum, product) => sum + product, 0);
  const lambda = Math.exp(exponent(0, 1)) - Math.exp(exponent(2, 3)) + lambdaInit;
  const out: number[] = [];
  for (let t = 0; t < x.length / (2 * pairs * width); t++) {
    for (let pair = 0; pair < pairs; pair++) {
      const head = (key: number): number => (2 * t * pairs + (2 * Math.floor(pair / group) + key) * group + (pair % group)) * width;
      const difference = Array.from({ length: width }, (_, i) => x[head(0) + i] - lambda * x[head(1) + i]);
      const square = difference.reduce((sum, value) => sum + value * value, 0) / width;
      out.push(...difference.map((value, i) => ((1 - lambdaInit) * value * parameters[4 * lambdaDim + i]) / Math.sqrt(square + eps)));
    }
  }
  return Float64Array.from(out);
}
