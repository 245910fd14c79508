import { STATE_SLOTS } from '../common/step.ts';
import type { BufferData, KernelCase, OutputShape } from '../kernel-case.ts';
import { stateLength } from '../linear-attention/variant.ts';
import { normal, uniform } from '../random.ts';
import { channelChunked } from './channel-chunked.ts';
import { channelStep } from './channel-step.ts';
import { gateInputs, gatingOf, referenceOf, type Gates, type Regime, type Shape } from './case-gates.ts';
import { channelReference } from './reference.ts';
import { channelScratchLengths, type ChannelVariant } from './variant.ts';

const STEP = { position: 7, slotIn: 1, slotOut: 2 };

/** Rows past the step's tokens, left by a longer step: NaN, and neither read nor written. */
const STALE_ROWS = 32;

type Rows = Record<string, Float32Array<ArrayBuffer>>;

export function variantOf(gates: Gates, shape: Shape): ChannelVariant {
  const { keyHeads, valueHeads, keyDim, valueDim, gap } = shape;
  const keys = keyHeads * keyDim;
  const values = valueHeads * valueDim;
  return {
    keyHeads,
    valueHeads,
    keyDim,
    valueDim,
    mixedStride: 2 * keys + values + 3 * gap,
    columns: { v: gap, q: gap + values, k: 2 * gap + values + keys },
    normalised: gates === 'kda' || gates === 'kda-bounded',
    scale: gates === 'rwkv7' ? 1 : keyDim ** -0.5,
    gating: gatingOf(gates, shape),
  };
}

/** Seeded inputs of a step: rows of each token, weights, and the state, whose slots that the step must not touch are NaN. */
export function channelInputs(gates: Gates, shape: Shape, count: number, regime: Regime = 'usual'): { rows: Rows; weights: Rows; state: Float32Array<ArrayBuffer> } {
  const variant = variantOf(gates, shape);
  const { keyHeads, valueHeads, keyDim, valueDim, mixedStride, columns } = variant;
  const length = stateLength(variant);
  const mixed = new Float32Array(count * mixedStride).fill(NaN);
  const raw = normal(count * mixedStride, 1);
  for (let t = 0; t < count; t++) {
    for (const [first, width] of [[columns.q, keyHeads * keyDim], [columns.k, keyHeads * keyDim], [columns.v, valueHeads * valueDim]]) {
      const at = t * mixedStride + first;
      mixed.set(raw.subarray(at, at + width), at);
    }
  }
  const state = new Float32Array(STATE_SLOTS * length).fill(NaN);
  state.set(normal(length, 4, 0.3), STEP.slotIn * length);
  const { rows, weights } = gateInputs(gates, shape, count, regime, uniform(5));
  return { rows: { mixed, ...rows }, weights, state };
}

function withStaleRows(data: Float32Array<ArrayBuffer>, count: number): Float32Array<ArrayBuffer> {
  const longer = new Float32Array(data.length + (STALE_ROWS * data.length) / count).fill(NaN);
  longer.set(data);
  return longer;
}

function channelCase(gates: Gates, shape: Shape, count: number, regime: Regime = 'usual', kind: 'step' | 'chunked' = 'chunked'): KernelCase {
  const variant = variantOf(gates, shape);
  const { keyHeads, valueHeads, keyDim, valueDim } = variant;
  const step = { ...STEP, count };
  const outLength = (count + STALE_ROWS) * valueHeads * valueDim;
  const scratch = Object.entries(channelScratchLengths(variant, count)).map(([name, length]): [string, OutputShape] => [name, { type: 'f32', length }]);
  return {
    name: `linear-attention ${gates} ${kind} T=${count} k=${keyHeads}x${keyDim} v=${valueHeads}x${valueDim} ${regime}`,
    kernels: (target) => (kind === 'step' ? [channelStep(variant, target)] : channelChunked(variant)),
    step,
    inputs: (): Record<string, BufferData> => {
      const { rows, weights, state } = channelInputs(gates, shape, count, regime);
      return { ...Object.fromEntries(Object.entries(rows).map(([name, data]) => [name, withStaleRows(data, count)])), ...weights, state };
    },
    outputs: { out: { type: 'f32', length: outLength }, ...(kind === 'chunked' ? Object.fromEntries(scratch) : {}) },
    expected: (inputs) => {
      const reference = channelReference(variant, { mixed: inputs.mixed, state: inputs.state }, referenceOf(gates, shape, inputs), step);
      const out = new Float64Array(outLength).fill(NaN);
      out.set(reference.out);
      return { out, state: reference.state };
    },
    tolerance: 3e-6,
  };
}

const stepCase = (gates: Gates, shape: Shape, regime: Regime = 'usual'): KernelCase => channelCase(gates, shape, 1, regime, 'step');

/** Value heads that share a key head, dims that fill neither a slice of channels nor a team, tensors with columns of others between. */
export const odd: Shape = { keyHeads: 2, valueHeads: 6, keyDim: 12, valueDim: 20, gap: 4 };
/** Two slices of columns and parts of a team, both with a rest. */
const ragged: Shape = { keyHeads: 1, valueHeads: 2, keyDim: 100, valueDim: 68, gap: 0 };
const small: Shape = { keyHeads: 1, valueHeads: 1, keyDim: 16, valueDim: 8, gap: 0 };

export const linearAttentionChannelCases: readonly KernelCase[] = [
  stepCase('kda', odd),
  stepCase('kda', odd, 'extreme'),
  stepCase('gla', odd, 'extreme'),
  stepCase('hgrn2', odd, 'extreme'),
  stepCase('slots', odd),
  stepCase('rwkv7', odd),
  stepCase('rwkv7', { keyHeads: 1, valueHeads: 1, keyDim: 4, valueDim: 4, gap: 0 }, 'extreme'),
  stepCase('given-scalar', odd),
  stepCase('given', { keyHeads: 1, valueHeads: 1, keyDim: 256, valueDim: 256, gap: 0 }),
  stepCase('kda', ragged),
  stepCase('kda-bounded', odd, 'extreme'),

  ...[1, 65, 500].map((count) => channelCase('kda', odd, count)),
  channelCase('kda', odd, 500, 'extreme'),
  channelCase('kda', ragged, 63),
  channelCase('kda', { keyHeads: 2, valueHeads: 2, keyDim: 128, valueDim: 128, gap: 0 }, 100),
  channelCase('kda-bounded', odd, 65),
  channelCase('gla', odd, 64),
  // GLA-2.7B's heads.
  channelCase('gla', { keyHeads: 1, valueHeads: 1, keyDim: 320, valueDim: 640, gap: 0 }, 33),
  channelCase('gla', odd, 1000, 'extreme'),
  channelCase('hgrn2', odd, 63),
  channelCase('hgrn2', odd, 500, 'extreme'),
  channelCase('slots', odd, 65),
  channelCase('rwkv7', odd, 1),
  channelCase('rwkv7', odd, 1000),
  channelCase('rwkv7', ragged, 65, 'extreme'),
  channelCase('given', odd, 64),
  channelCase('given', { keyHeads: 1, valueHeads: 1, keyDim: 256, valueDim: 256, gap: 0 }, 40),
  channelCase('given-scalar', odd, 65),
  // Whether errors pile up.
  channelCase('gla', small, 4096, 'lasting'),
];
