import type { BufferData, KernelCase, OutputShape } from '../kernel-case.ts';
import { CASE_STEP, constantSizes, deltaRuleSizes, deltaSizes, linearAttentionInputs, mamba2Sizes, sigmoidSizes, type Regime } from './case-inputs.ts';
import { linearAttentionChunked } from './linear-attention-chunked.ts';
import { linearAttentionStep } from './linear-attention-step.ts';
import { linearAttentionReference } from './reference.ts';
import { scratchLengths, type LinearAttentionVariant } from './variant.ts';

/** Rows past the step's tokens, left by a longer step: NaN, and neither read nor written. */
const STALE_ROWS = 32;

function withStaleRows(data: Float32Array<ArrayBuffer>, rows: number): Float32Array<ArrayBuffer> {
  const longer = new Float32Array(data.length + (STALE_ROWS * data.length) / rows).fill(NaN);
  longer.set(data);
  return longer;
}

export function linearAttentionCase(kind: 'step' | 'chunked', variant: LinearAttentionVariant, count: number, regime: Regime = 'usual'): KernelCase {
  const { keyHeads, valueHeads, keyDim, valueDim, gating } = variant;
  const step = { ...CASE_STEP, count };
  const outLength = (count + STALE_ROWS) * valueHeads * valueDim;
  const scratch: [string, OutputShape][] = Object.entries(scratchLengths(variant, count)).map(([name, length]) => [name, { type: 'f32', length }]);
  const details = gating.kind === 'mamba2' ? ` Δ≤${gating.limits[1]}` : gating.kind === 'delta' ? ` ${gating.betaScale}β gates@${gating.betaColumn}${gating.parameterHeads ? ' in turns' : ''}` : gating.kind === 'delta-rule' && !gating.beta ? ' whole' : '';
  return {
    name: `linear-attention ${kind} ${gating.kind}${details} T=${count} k=${keyHeads}x${keyDim} v=${valueHeads}x${valueDim} ${regime}`,
    kernels: (target) => (kind === 'step' ? [linearAttentionStep(variant, target)] : linearAttentionChunked(variant)),
    step,
    inputs: (): Record<string, BufferData> => {
      const { mixed, gates, gate_params, state } = linearAttentionInputs(variant, count, regime);
      return { mixed: withStaleRows(mixed, count), ...(gates && { gates: withStaleRows(gates, count) }), ...(gate_params.length > 0 && { gate_params }), state };
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

const odd = deltaSizes(2, 6, 12, 24, { gatesOffset: 5 });
/** Two slices of columns and parts of a team, both with a rest. */
const ragged = deltaSizes(1, 2, 100, 68);
/** [v | q | k] with gaps, and eigenvalues down to −1. */
const reordered: LinearAttentionVariant = { ...deltaSizes(1, 2, 8, 16, { betaScale: 2 }), mixedStride: 64, columns: { v: 4, q: 40, k: 52 } };
const wide = deltaSizes(1, 1, 256, 256);
/** Heads that share parameters in turns. */
const { gating } = odd;
const inTurns: LinearAttentionVariant = { ...odd, gating: gating.kind === 'delta' ? { ...gating, parameterHeads: 2 } : gating };
/** Three heads a group; as odd as tests/fixtures/arch/bamba. */
const grouped = mamba2Sizes(2, 6, 16, 12);

export const linearAttentionCases: readonly KernelCase[] = [
  linearAttentionCase('step', odd, 1),
  linearAttentionCase('step', odd, 1, 'extreme'),
  linearAttentionCase('step', deltaSizes(1, 1, 4, 4), 1),
  linearAttentionCase('step', inTurns, 1),
  linearAttentionCase('step', ragged, 1),
  linearAttentionCase('step', wide, 1),
  linearAttentionCase('step', { ...reordered, normalised: false, scale: 0.5 }, 1),
  // Qwen3.5-0.8B
  linearAttentionCase('step', deltaSizes(16, 16, 128, 128), 1),
  linearAttentionCase('step', grouped, 1),
  linearAttentionCase('step', grouped, 1, 'extreme'),
  linearAttentionCase('step', mamba2Sizes(1, 5, 128, 20, [0.01, 0.02]), 1),
  linearAttentionCase('step', constantSizes(4, 36), 1, 'extreme'),
  linearAttentionCase('step', deltaRuleSizes(3, 12, 20, 'sigmoid'), 1),
  ...[1, 2, 31, 32, 33, 63, 64, 65, 100, 500].map((count) => linearAttentionCase('chunked', odd, count)),
  linearAttentionCase('chunked', inTurns, 40),
  linearAttentionCase('chunked', odd, 100, 'extreme'),
  linearAttentionCase('chunked', odd, 500, 'extreme'),
  linearAttentionCase('chunked', odd, 100, 'repeated'),
  linearAttentionCase('chunked', odd, 500, 'repeated'),
  linearAttentionCase('chunked', ragged, 33),
  linearAttentionCase('chunked', reordered, 1000),
  linearAttentionCase('chunked', wide, 40),
  linearAttentionCase('chunked', deltaSizes(2, 4, 128, 128), 100),
  linearAttentionCase('chunked', grouped, 1),
  linearAttentionCase('chunked', grouped, 63),
  linearAttentionCase('chunked', grouped, 500, 'extreme'),
  linearAttentionCase('chunked', mamba2Sizes(1, 8, 16, 12, [0.01, 0.02]), 65),
  linearAttentionCase('chunked', mamba2Sizes(1, 2, 128, 64), 1000),
  linearAttentionCase('chunked', deltaRuleSizes(3, 12, 20, 'sigmoid'), 65),
  linearAttentionCase('chunked', deltaRuleSizes(2, 16, 8, 'whole'), 65),
  linearAttentionCase('chunked', constantSizes(3, 36), 64),
  linearAttentionCase('step', sigmoidSizes(2, 40, 12), 1),
  linearAttentionCase('chunked', sigmoidSizes(3, 24, 20), 100, 'extreme'),
  linearAttentionCase('chunked', constantSizes(4, 16), 500, 'extreme'),
];
