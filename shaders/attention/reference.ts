import type { Step } from '../common/step.ts';
import type { LatentInput } from './attention-input-latent.ts';
import type { AttentionVariant } from './variant.ts';

type Numbers = ArrayLike<number>;

export interface HeadRows {
  /** [T, heads, headDim] */
  readonly query: Float64Array;
  /** [T, kvHeads, headDim] */
  readonly keys: Float64Array;
  readonly values: Float64Array;
}

/** Float64 of `attentionInput`: the heads of q, k and v, normalised and turned, without the cache. */
export function attentionInputReference(
  variant: AttentionVariant,
  step: Step,
  { projection, q_norm, k_norm, rotary }: { projection: Numbers; q_norm?: Numbers; k_norm?: Numbers; rotary?: Numbers },
): HeadRows {
  const { heads, kvHeads, headDim, gated, projectionStride = 0, qkNorm, rotaryDim } = variant;
  const row = (from: number, position: number, norm: { readonly weight: Numbers | undefined; readonly head: number; readonly heads: number } | undefined, turned: boolean): number[] => {
    let x = Array.from({ length: headDim }, (_, i) => projection[from + i]);
    if (norm?.weight && qkNorm) {
      const { weight, head } = norm;
      const [first, width] = qkNorm.whole ? [from - head * headDim, norm.heads * headDim] : [from, headDim];
      let squares = 0;
      for (let i = 0; i < width; i++) squares += projection[first + i] ** 2;
      const inverse = 1 / Math.sqrt(squares / width + qkNorm.eps);
      x = x.map((value, i) => value * inverse * weight[qkNorm.whole ? head * headDim + i : i]);
    }
    if (!turned || !rotary) return x;
    const half = rotaryDim / 2;
    return x.map((value, i) => {
      if (i >= rotaryDim) return value;
      const at = 2 * (position * half + (i % half));
      return i < half ? value * rotary[at] - x[i + half] * rotary[at + 1] : value * rotary[at] + x[i - half] * rotary[at + 1];
    });
  };
  const query: number[] = [];
  const keys: number[] = [];
  const values: number[] = [];
  const queryWidth = (gated ? 2 : 1) * headDim;
  for (let t = 0; t < step.count; t++) {
    const base = t * projectionStride;
    const position = step.position + t;
    for (let h = 0; h < heads; h++) query.push(...row(base + h * queryWidth, position, { weight: q_norm, head: h, heads }, true));
    for (let h = 0; h < kvHeads; h++) keys.push(...row(base + heads * queryWidth + h * headDim, position, { weight: k_norm, head: h, heads: kvHeads }, true));
    for (let h = 0; h < kvHeads; h++) values.push(...row(base + heads * queryWidth + (kvHeads + h) * headDim, position, undefined, false));
  }
  return { query: Float64Array.from(query), keys: Float64Array.from(keys), values: Float64Array.from(values) };
}

/** Float64 of `attentionInputLatent`: keys and values [T, kvHeads, headDim], without the cache. */
export function latentInputReference(
  { kvHeads, headDim, valueDim = headDim }: AttentionVariant,
  { expandedStride, ownDim, sharedStride, sharedColumn }: LatentInput,
  count: number,
  { expanded, shared_keys }: { expanded: Numbers; shared_keys: Numbers },
): Omit<HeadRows, 'query'> {
  const keys: number[] = [];
  const values: number[] = [];
  for (let t = 0; t < count; t++) {
    for (let h = 0; h < kvHeads; h++) {
      const own = t * expandedStride + h * (ownDim + valueDim);
      for (let i = 0; i < headDim; i++) {
        keys.push(i < ownDim ? expanded[own + i] : shared_keys[t * sharedStride + sharedColumn + i - ownDim]);
        values.push(i < valueDim ? expanded[own + ownDim + i] : 0);
      }
    }
  }
  return { keys: Float64Array.from(keys), values: Float64Array.from(values) };
}

/** Float64 causal softmax attention of T queries over a whole cache [kvHeads, capacity, headDim], one plain softmax a query and head. */
export function attentionReference(
  variant: AttentionVariant,
  step: Step,
  { query, keys, values, projection, sinks }: { query: Numbers; keys: Numbers; values: Numbers; projection?: Numbers; sinks?: Numbers },
): Float64Array {
  const { heads, kvHeads, headDim, valueDim = headDim, capacity, scale, window, projectionStride = 0, softCap } = variant;
  const out = new Float64Array(step.count * heads * valueDim);
  for (let t = 0; t < step.count; t++) {
    const position = step.position + t;
    const first = Math.max(0, position + 1 - (window ?? Infinity));
    for (let head = 0; head < heads; head++) {
      const from = (t * heads + head) * headDim;
      const to = (t * heads + head) * valueDim;
      const kvHead = Math.floor(head / (heads / kvHeads));
      const rows = kvHead * capacity;
      const valueHead = kvHead - (kvHead % Math.ceil(valueDim / headDim));
      const scores: number[] = [];
      for (let p = first; p <= position; p++) {
        let dot = 0;
        for (let i = 0; i < headDim; i++) dot += query[from + i] * keys[(rows + p) * headDim + i];
        scores.push(softCap ? softCap * Math.tanh((dot * scale) / softCap) : dot * scale);
      }
      const logits = sinks ? [...scores, sinks[head]] : scores;
      const largest = Math.max(...logits);
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0);
      scores.forEach((logit, k) => {
        const weight = Math.exp(logit - largest) / total;
        for (let i = 0; i < valueDim; i++) out[to + i] += weight * values[((valueHead + Math.floor(i / headDim)) * capacity + first + k) * headDim + (i % headDim)];
      });
      if (!projection) continue;
      const gate = t * projectionStride + (2 * head + 1) * headDim;
      for (let i = 0; i < valueDim; i++) out[to + i] /= 1 + Math.exp(-projection[gate + i]);
    }
  }
  return out;
}
