import { STATE_SLOTS } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import type { KernelCase, OutputShape } from '../kernel-case.ts';
import { normal, uniform } from '../random.ts';
import { STALE_ROWS, withStaleRows } from '../stale-rows.ts';
import { mLstmChunked, mLstmStep } from './m-lstm.ts';
import { mLstmReference } from './reference.ts';
import { scratchLengths, stateLength, type MLstmVariant } from './variant.ts';

/**
 * `usual`: gates as at initialisation, i near −10 and f from 3 to 6. `extreme`: per token and head, each far beyond the cap in either direction;
 * with q and k of one sign, since to divide by a q·n that nearly vanishes, when e^{−m} does, magnifies every rounding, that of any f32 version.
 */
type Regime = 'usual' | 'extreme';

const STEP = { position: 7, slotIn: 1, slotOut: 2 };

/** Seeded inputs of a step; the slots of the state that it must not touch are NaN. */
export function mLstmInputs(variant: MLstmVariant, count: number, regime: Regime = 'usual'): Record<'mixed' | 'gates' | 'state', Float32Array<ArrayBuffer>> {
  const { heads, keyDim, valueDim, mixedStride, gatesStride } = variant;
  const next = uniform(1);
  const usual = (column: number): number => (column < heads ? -10 + 4 * next() : 3 + 3 * next());
  const gates = Float32Array.from({ length: count * gatesStride }, (_, i) => (regime === 'usual' ? usual(i % gatesStride) : next() < 0.5 ? -100 : 100));
  const slot = stateLength(variant);
  const size = slot / heads;
  const filled = normal(slot, 2);
  for (let h = 0; h < heads; h++) filled.set([regime === 'usual' ? -2 - h : 0, 0, 0, 0], h * size + (valueDim + 1) * keyDim);
  const state = new Float32Array(STATE_SLOTS * slot).fill(NaN);
  state.set(filled, STEP.slotIn * slot);
  const mixed = normal(count * mixedStride, 3).map((value, i) => (regime === 'extreme' && i % mixedStride < 2 * heads * keyDim ? Math.abs(value) : value));
  return { mixed, gates, state };
}

function mLstmCase(kind: 'step' | 'chunked', count: number, variant: MLstmVariant, regime: Regime = 'usual'): KernelCase {
  const { heads, keyDim, valueDim } = variant;
  const step = { ...STEP, count };
  const outLength = (count + STALE_ROWS) * heads * valueDim;
  const scratch: [string, OutputShape][] = Object.entries(scratchLengths(variant, count)).map(([name, length]) => [name, { type: 'f32', length }]);
  return {
    name: `m-lstm ${kind} T=${count} heads=${heads}x${keyDim}x${valueDim} ${regime}`,
    kernels: (target) => (kind === 'step' ? [mLstmStep(variant, target)] : mLstmChunked(variant)),
    step,
    inputs: () => {
      const { mixed, gates, state } = mLstmInputs(variant, count, regime);
      return { mixed: withStaleRows(mixed, count), gates: withStaleRows(gates, count), state };
    },
    outputs: { out: { type: 'f32', length: outLength }, ...(kind === 'chunked' && Object.fromEntries(scratch)) },
    expected: ({ mixed, gates, state }) => {
      const reference = mLstmReference(variant, { mixed, gates, state }, step);
      const out = new Float64Array(outLength).fill(NaN);
      out.set(reference.out);
      return { out, state: reference.state };
    },
    tolerance: 1e-6,
  };
}

export const mLstmSizes = (heads: number, keyDim: number, valueDim: number): MLstmVariant => ({
  heads,
  keyDim,
  valueDim,
  mixedStride: heads * (2 * keyDim + 2 * valueDim),
  gatesStride: roundUp(2 * heads, 4),
  gateCap: 15,
  eps: 1e-6,
});

const odd = mLstmSizes(3, 12, 20);

export const mLstmCases: readonly KernelCase[] = [
  mLstmCase('step', 1, odd),
  mLstmCase('step', 1, odd, 'extreme'),
  // Two slices of columns and parts of a team, both with a rest.
  mLstmCase('step', 1, mLstmSizes(1, 132, 68)),
  mLstmCase('chunked', 64, odd),
  mLstmCase('chunked', 500, odd, 'extreme'),
  // Keys as long as those of xLSTM-7B, of which fewer columns fit into a workgroup.
  mLstmCase('chunked', 33, mLstmSizes(1, 256, 36)),
];
