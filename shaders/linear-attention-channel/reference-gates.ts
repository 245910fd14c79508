import type { GateColumns } from './gating.ts';
import type { ReferenceGates } from './reference.ts';

type Numbers = ArrayLike<number>;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Elements first … first + length − 1, each through `map`. */
const slice = (values: Numbers, first: number, length: number, map = (x: number): number => x): Float64Array => Float64Array.from({ length }, (_, i) => map(values[first + i]));

const times = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, d) => value * b[d]);

const zeros = (length: number): Float64Array => new Float64Array(length);

/** linear-attention.md: p = α ⊙ k, b = −βk, k̃ = βk. */
export const kdaReference =
  (decay: GateColumns, beta: GateColumns, betaScale: number, keyHeads: number, tensors: { decay: Numbers; betas: Numbers; gate_params: Numbers }, lowerBound?: number): ReferenceGates =>
  (t, valueHead, keyHead, q, k) => {
    const dk = k.length;
    const rate = tensors.gate_params[keyHead];
    const bias = slice(tensors.gate_params, keyHeads + keyHead * dk, dk);
    const alpha = slice(tensors.decay, t * decay.stride + decay.column + keyHead * dk, dk).map((f, d) => Math.exp(lowerBound === undefined ? rate * softplus(f + bias[d]) : lowerBound * sigmoid(-rate * (f + bias[d]))));
    const strength = betaScale * sigmoid(tensors.betas[t * beta.stride + beta.column + valueHead]);
    return { q, k, alpha, p: times(alpha, k), b: k.map((value) => -strength * value), beta: strength };
  };

export const glaReference =
  (decay: GateColumns, normalizer: number, smallest: number, tensors: { decay: Numbers }): ReferenceGates =>
  (t, _, keyHead, q, k) => {
    const alpha = slice(tensors.decay, t * decay.stride + decay.column + keyHead * k.length, k.length, (x) => Math.exp(Math.max(-softplus(-x) / normalizer, smallest)));
    return { q, k, alpha, p: zeros(k.length), b: zeros(k.length), beta: 1 };
  };

export const hgrn2Reference =
  (decay: GateColumns, layer: number, keyHeads: number, tensors: { decay: Numbers; gate_params: Numbers }): ReferenceGates =>
  (t, _, keyHead, q) => {
    const dk = q.length;
    const bound = slice(tensors.gate_params, (layer * keyHeads + keyHead) * dk, dk);
    const alpha = slice(tensors.decay, t * decay.stride + decay.column + keyHead * dk, dk).map((f, d) => bound[d] + (1 - bound[d]) * sigmoid(f));
    return { q, k: alpha.map((value) => 1 - value), alpha, p: zeros(dk), b: zeros(dk), beta: 1 };
  };

export const slotsReference =
  (decay: GateColumns, normalizer: number, tensors: { decay: Numbers }): ReferenceGates =>
  (t, _, keyHead, q) => {
    const dk = q.length;
    const g = slice(tensors.decay, t * decay.stride + decay.column + keyHead * dk, dk, (x) => -softplus(-x) / normalizer);
    return { q, k: g.map((value) => -Math.expm1(value)), alpha: g.map(Math.exp), p: zeros(dk), b: zeros(dk), beta: 1 };
  };

export const rwkv7Reference =
  (decay: GateColumns, rate: GateColumns, keyHeads: number, eps: number, tensors: { decay: Numbers; rates: Numbers; gate_params: Numbers }): ReferenceGates =>
  (t, _, keyHead, q, k) => {
    const dk = k.length;
    const own = (values: Numbers, { stride, column }: GateColumns, map: (x: number) => number): Float64Array => slice(values, t * stride + column + keyHead * dk, dk, map);
    const alpha = own(tensors.decay, decay, (w) => Math.exp(-Math.exp(-0.5) * sigmoid(w)));
    const a = own(tensors.rates, rate, sigmoid);
    const raw = times(k, slice(tensors.gate_params, keyHead * dk, dk));
    const norm = Math.max(Math.sqrt(raw.reduce((sum, value) => sum + value * value, eps)), 1e-12);
    const kappa = raw.map((value) => value / norm);
    const mix = slice(tensors.gate_params, (keyHeads + keyHead) * dk, dk);
    return { q, k: k.map((value, d) => value * (1 + (a[d] - 1) * mix[d])), alpha, p: kappa.map((value) => -value), b: times(kappa, a), beta: 1 };
  };

export const givenReference =
  (decay: GateColumns, p: GateColumns, b: GateColumns, perChannel: boolean, tensors: { decay: Numbers; p_rows: Numbers; b_rows: Numbers }): ReferenceGates =>
  (t, _, keyHead, q, k) => {
    const dk = k.length;
    const own = (values: Numbers, { stride, column }: GateColumns): Float64Array => slice(values, t * stride + column + keyHead * dk, dk);
    const alpha = perChannel ? own(tensors.decay, decay).map(Math.exp) : new Float64Array(dk).fill(Math.exp(tensors.decay[t * decay.stride + decay.column + keyHead]));
    return { q, k, alpha, p: own(tensors.p_rows, p), b: own(tensors.b_rows, b), beta: 1 };
  };
