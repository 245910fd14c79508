import { STATE_SLOTS } from '../common/step.ts';
import { normal, uniform } from '../random.ts';
import type { GatingVariant } from './gating.ts';
import { stateLength, type LinearAttentionVariant } from './variant.ts';

/**
 * `usual`: gates as a trained model has them. `extreme`: per token and head, g near 0 or below −20, and what is written almost nothing or
 * all of v. `repeated`: keys that hardly change, β near 1, no forgetting, so that I + A is far from I.
 */
export type Regime = 'usual' | 'extreme' | 'repeated';

export const CASE_STEP = { position: 7, slotIn: 1, slotOut: 2 };

export interface LinearAttentionInputs {
  readonly mixed: Float32Array<ArrayBuffer>;
  readonly gates: Float32Array<ArrayBuffer> | undefined;
  /** Empty where the gating has none. */
  readonly gate_params: Float32Array<ArrayBuffer>;
  readonly state: Float32Array<ArrayBuffer>;
}

/** Columns [q | k | v] as the convolution of a Gated DeltaNet leaves them, and gates [b | a] from `gatesOffset` with three more columns behind. */
export function deltaSizes(keyHeads: number, valueHeads: number, keyDim: number, valueDim: number, { gatesOffset = 0, betaScale = 1 }: { gatesOffset?: number; betaScale?: 1 | 2 } = {}): LinearAttentionVariant {
  const keys = keyHeads * keyDim;
  return {
    keyHeads,
    valueHeads,
    keyDim,
    valueDim,
    mixedStride: 2 * keys + valueHeads * valueDim,
    columns: { q: 0, k: keys, v: 2 * keys },
    normalised: true,
    scale: keyDim ** -0.5,
    gating: { kind: 'delta', stride: gatesOffset + 2 * valueHeads + 3, betaColumn: gatesOffset, decayColumn: gatesOffset + valueHeads, betaScale },
  };
}

/** Columns [q | k | v] of a DeltaNet, and b with three more columns behind; or no b. */
export function deltaRuleSizes(heads: number, keyDim: number, valueDim: number, beta: 'sigmoid' | 'whole'): LinearAttentionVariant {
  return { ...deltaSizes(heads, heads, keyDim, valueDim), gating: { kind: 'delta-rule', betaScale: 1, ...(beta === 'sigmoid' && { beta: { stride: heads + 3, column: 0 } }) } };
}

/** Columns [x | B | C] as the convolution of a Mamba-2 leaves them, and dt behind them in the projection. */
export function mamba2Sizes(groups: number, heads: number, stateSize: number, headDim: number, limits: readonly [number, number] = [0, Infinity]): LinearAttentionVariant {
  const width = heads * headDim;
  const keys = groups * stateSize;
  const column = 2 * width + 2 * keys;
  return {
    keyHeads: groups,
    valueHeads: heads,
    keyDim: stateSize,
    valueDim: headDim,
    mixedStride: width + 2 * keys,
    columns: { v: 0, k: width, q: width + keys },
    normalised: false,
    scale: 1,
    gating: { kind: 'mamba2', stride: column + heads, column, limits },
  };
}

/** Columns [q | k | v], each head forgetting at its own rate. */
export function constantSizes(heads: number, headDim: number): LinearAttentionVariant {
  return { ...deltaSizes(heads, heads, headDim, headDim), normalised: false, scale: 1, gating: { kind: 'constant' } };
}

/** Columns [q | k | v], and one gate for all heads with three more columns before it. */
export function sigmoidSizes(heads: number, keyDim: number, valueDim: number): LinearAttentionVariant {
  return { ...deltaSizes(heads, heads, keyDim, valueDim), normalised: false, scale: 1, gating: { kind: 'sigmoid', stride: 4, column: 3 } };
}

/** Seeded inputs of a step; the slots of the state that it must not touch are NaN. */
export function linearAttentionInputs(variant: LinearAttentionVariant, count: number, regime: Regime = 'usual'): LinearAttentionInputs {
  const { keyHeads, keyDim, mixedStride: stride, columns } = variant;
  const mixed = normal(count * stride, 1);
  if (regime === 'repeated') {
    const keys = keyHeads * keyDim;
    for (let t = 1; t < count; t++) for (let i = columns.k; i < columns.k + keys; i++) mixed[t * stride + i] = mixed[i] + 0.05 * mixed[t * stride + i];
  }
  const state = new Float32Array(STATE_SLOTS * stateLength(variant)).fill(NaN);
  state.set(normal(stateLength(variant), 4, 0.3), CASE_STEP.slotIn * stateLength(variant));
  return { mixed, ...gateInputs(variant, count, regime), state };
}

function gateInputs({ gating, valueHeads }: LinearAttentionVariant, count: number, regime: Regime): Pick<LinearAttentionInputs, 'gates' | 'gate_params'> {
  if (gating.kind === 'delta-rule') return { gates: gating.beta && normal(count * gating.beta.stride, 2), gate_params: new Float32Array(0) };
  if (gating.kind === 'sigmoid') return { gates: normal(count * gating.stride, 2, regime === 'extreme' ? 30 : 2), gate_params: new Float32Array(0) };
  const next = uniform(3);
  // RetNet's rates are 1 − 2^−5, 1 − 2^−6, …
  if (gating.kind === 'constant') return { gates: undefined, gate_params: Float32Array.from({ length: valueHeads }, (_, h) => (regime === 'extreme' ? [0, -1e-7, -30, -1e30][h % 4] : Math.log1p(-(2 ** (-5 - h))))) };
  const gates = normal(count * gating.stride, 2);
  const rates = Array.from({ length: valueHeads }, () => (regime === 'usual' ? -16 * (1 - next()) : -2));
  // A uniform in (0, 16], softplus(dt_bias) from 0.001 to 0.1, as Mamba-2 and Qwen3-Next are initialised.
  const biases = Array.from({ length: valueHeads }, () => (regime === 'usual' ? Math.log(Math.expm1(0.001 * 100 ** next())) : 0));
  const skips = gating.kind === 'mamba2' ? Array.from({ length: valueHeads }, () => 2 * next()) : [];
  if (regime !== 'usual') {
    for (let t = 0; t < count; t++) for (let h = 0; h < valueHeads; h++) setExtreme(gates, t, h, gating, regime, next);
  }
  return { gates, gate_params: Float32Array.from([...rates, ...biases, ...skips]) };
}

function setExtreme(gates: Float32Array, token: number, head: number, gating: Extract<GatingVariant, { kind: 'delta' | 'mamba2' }>, regime: Regime, next: () => number): void {
  const row = token * gating.stride + head;
  if (gating.kind === 'delta') gates[row + gating.betaColumn] = regime === 'repeated' || next() < 0.5 ? 9 : -12;
  const decaying = regime === 'extreme' && next() < 0.2;
  if (gating.kind === 'delta') gates[row + gating.decayColumn] = decaying ? 10 : -15;
  // Beyond what exp takes, and so little that a token leaves no trace.
  else gates[row + gating.column] = decaying ? [10, 200][token % 2] : [-15, -100][token % 2];
}
