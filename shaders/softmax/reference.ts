import { roundUp } from '../kernel.ts';
import type { SoftmaxVariant } from './softmax.ts';

/** Float64 of `softmax`, with NaN in the padding. */
export function softmaxReference({ parts, dim, stride, column }: SoftmaxVariant, x: ArrayLike<number>): Float64Array {
  const outStride = roundUp(parts * dim, 4);
  const rows = x.length / stride;
  const out = new Float64Array(rows * outStride).fill(NaN);
  for (let t = 0; t < rows; t++) {
    for (let part = 0; part < parts; part++) {
      const logits = Array.from({ length: dim }, (_, i) => x[t * stride + column + part * dim + i]);
      const largest = Math.max(...logits);
      const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
      logits.forEach((logit, i) => (out[t * outStride + part * dim + i] = Math.exp(logit - largest) / sum));
    }
  }
  return out;
}
