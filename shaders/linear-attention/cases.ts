import { STATE_SLOTS } from '../common/step.ts';
import type { BufferData, KernelCase, OutputShape } from '../kernel-case.ts';
import { normal, uniform } from '../random.ts';
import type { GatingVariant } from './gating.ts';
import { linearAttentionChunked } from './linear-attention-chunked.ts';
import { linearAttentionStep } from './linear-attention-step.ts';
import { linearAttentionReference } from './reference.ts';
import { scratchLengths, stateLength, type LinearAttentionVariant } from './variant.ts';

/**
 * `usual`: gates as a trained model has them. `extreme`: per token and head, g near 0 or near −20 and β near 0 or 1.
 * `repeated`: keys that hardly change, β near 1, no forgetting, so that I + A is far from I.
 */
type Regime = 'usual' | 'extreme' | 'repeated';

type DeltaVariant = LinearAttentionVariant & { readonly gating: Extract<GatingVariant, { kind: 'delta' }> };

const STEP = { position: 7, slotIn: 1, slotOut: 2 };

/** Rows past the step's tokens, left by a longer step: NaN, and neither read nor written. */
const STALE_ROWS = 32;

function withStaleRows(data: Float32Array<ArrayBuffer>, rows: number): Float32Array<ArrayBuffer> {
  const longer = new Float32Array(data.length + (STALE_ROWS * data.length) / rows).fill(NaN);
  longer.set(data);
  return longer;
}

/** Seeded inputs of a step; the slots of the state that it must not touch are NaN. */
export function linearAttentionInputs(variant: DeltaVariant, count: number, regime: Regime = 'usual'): Record<'mixed' | 'gates' | 'gate_params' | 'state', Float32Array<ArrayBuffer>> {
  const { keyHeads, valueHeads, keyDim, mixedStride: stride, columns, gating } = variant;
  const mixed = normal(count * stride, 1);
  const gates = normal(count * gating.stride, 2);
  const next = uniform(3);
  // Qwen3-Next's initialisation: A uniform in (0, 16], dt_bias such that softplus(dt_bias) spans 0.001 … 0.1.
  const gateParams = Float32Array.from({ length: 2 * valueHeads }, (_, i) => (i < valueHeads ? -16 * (1 - next()) : Math.log(Math.expm1(0.001 * 100 ** next()))));
  if (regime !== 'usual') {
    gateParams.fill(-2, 0, valueHeads);
    gateParams.fill(0, valueHeads);
    for (let t = 0; t < count; t++) {
      for (let h = 0; h < valueHeads; h++) {
        const at = t * gating.stride + h;
        gates[at + gating.betaColumn] = regime === 'repeated' || next() < 0.5 ? 9 : -12;
        gates[at + gating.decayColumn] = regime === 'extreme' && next() < 0.2 ? 10 : -15;
      }
    }
  }
  if (regime === 'repeated') {
    const keys = keyHeads * keyDim;
    for (let t = 1; t < count; t++) for (let i = columns.k; i < columns.k + keys; i++) mixed[t * stride + i] = mixed[i] + 0.05 * mixed[t * stride + i];
  }
  const state = new Float32Array(STATE_SLOTS * stateLength(variant)).fill(NaN);
  state.set(normal(stateLength(variant), 4, 0.3), STEP.slotIn * stateLength(variant));
  return { mixed, gates, gate_params: gateParams, state };
}

export function linearAttentionCase(kind: 'step' | 'chunked', variant: DeltaVariant, count: number, regime: Regime = 'usual'): KernelCase {
  const { keyHeads, valueHeads, keyDim, valueDim, gating } = variant;
  const step = { ...STEP, count };
  const outLength = (count + STALE_ROWS) * valueHeads * valueDim;
  const scratch: [string, OutputShape][] = Object.entries(scratchLengths(variant, count)).map(([name, length]) => [name, { type: 'f32', length }]);
  return {
    name: `linear-attention ${kind} T=${count} k=${keyHeads}x${keyDim} v=${valueHeads}x${valueDim}${gating.betaColumn ? ` gates@${gating.betaColumn}` : ''}${gating.betaScale === 2 ? ' 2β' : ''} ${regime}`,
    kernels: (target) => (kind === 'step' ? [linearAttentionStep(variant, target)] : linearAttentionChunked(variant)),
    step,
    inputs: (): Record<string, BufferData> => {
      const { mixed, gates, gate_params, state } = linearAttentionInputs(variant, count, regime);
      return { mixed: withStaleRows(mixed, count), gates: withStaleRows(gates, count), gate_params, state };
    },
    outputs: { out: { type: 'f32', length: outLength }, ...(kind === 'chunked' ? Object.fromEntries(scratch) : {}) },
    expected: ({ mixed, gates, gate_params, state }) => {
      const reference = linearAttentionReference(variant, { mixed, gates, gate_params, state }, step);
      const out = new Float64Array(outLength).fill(NaN);
      out.set(reference.out);
      return { out, state: reference.state };
    },
    // With near-identical keys and no forgetting nothing damps an error: token by token in f32 loses 5e-6 in 500 tokens as well.
    tolerance: regime === 'repeated' ? 2e-5 : 3e-6,
  };
}

/** Columns [q | k | v] as a convolution leaves them, and gates [b | a] from `gatesOffset` with three more columns behind. */
export function deltaSizes(keyHeads: number, valueHeads: number, keyDim: number, valueDim: number, { gatesOffset = 0, betaScale = 1 }: { gatesOffset?: number; betaScale?: 1 | 2 } = {}): DeltaVariant {
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

const odd = deltaSizes(2, 6, 12, 24, { gatesOffset: 5 });
/** Two slices of columns and parts of a team, both with a rest. */
const ragged = deltaSizes(1, 2, 100, 68);
/** [v | q | k] with gaps, and eigenvalues down to −1. */
const reordered: DeltaVariant = { ...deltaSizes(1, 2, 8, 16, { betaScale: 2 }), mixedStride: 64, columns: { v: 4, q: 40, k: 52 } };
const wide = deltaSizes(1, 1, 256, 256);

export const linearAttentionCases: readonly KernelCase[] = [
  linearAttentionCase('step', odd, 1),
  linearAttentionCase('step', odd, 1, 'extreme'),
  linearAttentionCase('step', deltaSizes(1, 1, 4, 4), 1),
  linearAttentionCase('step', ragged, 1),
  linearAttentionCase('step', wide, 1),
  linearAttentionCase('step', { ...reordered, normalised: false, scale: 0.5 }, 1),
  // Qwen3.5-0.8B
  linearAttentionCase('step', deltaSizes(16, 16, 128, 128), 1),
  ...[1, 2, 31, 32, 33, 63, 64, 65, 100, 500].map((count) => linearAttentionCase('chunked', odd, count)),
  linearAttentionCase('chunked', odd, 100, 'extreme'),
  linearAttentionCase('chunked', odd, 500, 'extreme'),
  linearAttentionCase('chunked', odd, 100, 'repeated'),
  linearAttentionCase('chunked', odd, 500, 'repeated'),
  linearAttentionCase('chunked', ragged, 33),
  linearAttentionCase('chunked', reordered, 65),
  linearAttentionCase('chunked', wide, 40),
  linearAttentionCase('chunked', deltaSizes(2, 4, 128, 128), 100),
];
