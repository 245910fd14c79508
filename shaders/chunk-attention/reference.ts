import type { Step } from '../common/step.ts';
import type { ChunkAttentionVariant } from './chunk-attention.ts';

type Numbers = ArrayLike<number>;

export interface ChunkAttentionTensors {
  /** [T, projectionStride] */
  readonly projection: Numbers;
  /** [heads · headDim] */
  readonly gateBias: Numbers;
  /** [chunks, headDim / 2, 2] */
  readonly rotary: Numbers;
  /** [2, heads · headDim]: k and x of the chunk so far. */
  readonly state: Numbers;
  /** [heads, capacity, headDim] */
  readonly keys: Float64Array;
  readonly values: Float64Array;
}

/** Float64 of RAT's layer, token by token; `kept` is what is left of a cache that was stored, of f32 or f16. */
export function chunkAttentionReference(variant: ChunkAttentionVariant, tensors: ChunkAttentionTensors, { count, position }: Step, kept: (cache: Float64Array) => Float64Array = (cache) => cache) {
  const { heads, groups, headDim, chunk, capacity, projectionStride, columns } = variant;
  const { projection, gateBias, rotary } = tensors;
  const width = heads * headDim;
  const [k, x] = [0, 1].map((part) => Float64Array.from({ length: width }, (_, i) => (position % chunk === 0 ? 0 : tensors.state[part * width + i])));
  let keys = kept(tensors.keys);
  let values = kept(tensors.values);
  const out = new Float64Array(count * width);
  const turned = (head: Numbers, at: number): number[] => {
    const half = headDim / 2;
    return Array.from({ length: headDim }, (_, i) => {
      const [cos, sin] = [0, 1].map((part) => rotary[2 * (at * half + (i % half)) + part]);
      return i < half ? head[i] * cos - head[i + half] * sin : head[i] * cos + head[i - half] * sin;
    });
  };
  for (let t = 0; t < count; t++) {
    const at = Math.floor((position + t) / chunk);
    if ((position + t) % chunk === 0) for (const held of [k, x]) held.fill(0);
    const row = t * projectionStride;
    for (let head = 0; head < heads; head++) {
      const [first, sharedFirst] = [head * headDim, (head % groups) * headDim];
      for (let i = 0; i < headDim; i++) {
        const gate = 1 / (1 + Math.exp(-projection[row + columns.gate + first + i] - gateBias[first + i]));
        k[first + i] = gate * k[first + i] + (1 - gate) * projection[row + columns.k + sharedFirst + i];
        x[first + i] = gate * x[first + i] + (1 - gate) * projection[row + columns.x + first + i];
      }
      const query = turned(Array.from({ length: headDim }, (_, i) => projection[row + columns.q + sharedFirst + i]), at);
      const key = turned(k.subarray(first, first + headDim), at);
      const value = Array.from(x.subarray(first, first + headDim));
      const from = (cache: Float64Array, past: number): Float64Array => cache.subarray((head * capacity + past) * headDim, (head * capacity + past + 1) * headDim);
      const seen = [...Array.from({ length: at }, (_, past) => [from(keys, past), from(values, past)]), [key, value]];
      const logits = seen.map(([own]) => headDim ** -0.5 * query.reduce((sum, q, i) => sum + q * own[i], 0));
      const largest = Math.max(...logits);
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
      seen.forEach(([, own], j) => {
        for (let i = 0; i < headDim; i++) out[t * width + first + i] += (Math.exp(logits[j] - largest) / total) * own[i];
      });
      if ((position + t + 1) % chunk === 0) {
        keys.set(key, (head * capacity + at) * headDim);
        values.set(value, (head * capacity + at) * headDim);
      }
    }
    if ((position + t + 1) % chunk === 0) [keys, values] = [kept(keys), kept(values)];
  }
  return { out, keys, values, state: Float64Array.from([...k, ...x]) };
}
