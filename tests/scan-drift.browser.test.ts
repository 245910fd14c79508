import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Kernel } from '../shaders/kernel.ts';
import { mLstmInputs, mLstmSizes } from '../shaders/m-lstm/cases.ts';
import { mLstmChunked, mLstmStep } from '../shaders/m-lstm/m-lstm.ts';
import { mLstmReference } from '../shaders/m-lstm/reference.ts';
import { scratchLengths } from '../shaders/m-lstm/variant.ts';
import { rgLruInputs, rgLruSizes } from '../shaders/rg-lru/cases.ts';
import { rgLruReference } from '../shaders/rg-lru/reference.ts';
import { rgLruChunked, rgLruStep } from '../shaders/rg-lru/rg-lru.ts';
import { recurrenceLength } from '../shaders/rg-lru/variant.ts';
import { selectiveScanInputs, selectiveSizes } from '../shaders/selective-scan/cases.ts';
import { selectiveScanReference } from '../shaders/selective-scan/reference.ts';
import { selectiveChunks, selectiveScan } from '../shaders/selective-scan/selective-scan.ts';
import { carryLength } from '../shaders/selective-scan/variant.ts';
import { relativeError } from './gpu/run-case.ts';
import { runSteps, slotOf, type Steps } from './gpu/run-steps.ts';

// After thousands of tokens, one by one or in chunks, a state in f32 is still the state in f64: decays round no digits away that add up.

const TOKENS = 4096;
/** Tokens of a step that is read in chunks. */
const MANY = 512;
/** Floats of a row: what `minStorageBufferOffsetAlignment` asks for, so that a step can bind its own. */
const STRIDE = 64;
const STEP = { count: TOKENS, position: 7, slotIn: 1, slotOut: 2 };

let device: GPUDevice;

beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error('no WebGPU adapter: the kernels cannot be tested');
  device = await adapter.requestDevice();
});
afterAll(() => device?.destroy());

interface Recurrence extends Pick<Steps, 'rows' | 'weights' | 'state'> {
  readonly kernels: (count: number) => readonly Kernel[];
  readonly written: (count: number) => Steps['written'];
  /** All slots. */
  readonly expected: Float64Array;
  /** What a slot stands for, where that is not its numbers. */
  readonly meaning?: (slot: Float64Array) => Float64Array;
}

/** Channels that forget within ten to a thousand tokens, and one that forgets nearly nothing. */
function mamba(): Recurrence {
  const variant = { ...selectiveSizes(STRIDE, 4), mixStride: STRIDE };
  const { x, dt, mix, z, parameters, state } = selectiveScanInputs(variant, TOKENS);
  parameters.fill(-1e-3, 0, 4);
  return {
    kernels: (count) => [...(count === 1 ? [] : [selectiveChunks(variant)]), selectiveScan(variant)],
    rows: { x, dt, mix, ...(z && { z }) },
    weights: { parameters },
    state,
    written: (count) => ({ out: count * STRIDE, carry: carryLength(variant, count) }),
    expected: selectiveScanReference(variant, { x, dt, mix, parameters, z, state }, STEP).state,
  };
}

/** Channels that keep 0.9 to 0.999 of their state with the gate wide open, and one that keeps nearly all. */
function griffin(): Recurrence {
  const variant = rgLruSizes(4, STRIDE / 4);
  const { x, gate, gate_weights, parameters, state } = rgLruInputs(variant, TOKENS);
  parameters[2 * STRIDE] = -2e-5;
  return {
    kernels: (count) => (count === 1 ? [rgLruStep(variant)] : rgLruChunked(variant)),
    rows: { x, gate },
    weights: { gate_weights, parameters },
    state,
    written: (count) => ({ out: count * STRIDE, recurrences: recurrenceLength(variant, count) }),
    expected: rgLruReference(variant, { x, gate_weights, parameters, gate, state }, STEP).state,
  };
}

/** C e^m and n e^m: m itself may lie a little beside where it is in f64, as long as all else is relative to it. */
function unscaled(slot: Float64Array, heads: number): Float64Array {
  const size = slot.length / heads;
  return slot.map((value, i) => (i % size < size - 4 ? value * Math.exp(slot[i - (i % size) + size - 4]) : 0));
}

/** A head that forgets within some hundred tokens, and one whose forget gate is as open as the cap lets it. */
function xlstm(): Recurrence {
  const variant = { ...mLstmSizes(2, 12, 16), mixedStride: 2 * STRIDE, gatesStride: STRIDE };
  const { mixed, gates, state } = mLstmInputs(variant, TOKENS);
  for (let t = 0; t < TOKENS; t++) gates[t * STRIDE + 3] = 100;
  return {
    kernels: (count) => (count === 1 ? [mLstmStep(variant, { subgroup: 0 })] : mLstmChunked(variant)),
    rows: { mixed, gates },
    weights: {},
    state,
    written: (count) => ({ out: count * 2 * 16, ...scratchLengths(variant, count) }),
    expected: mLstmReference(variant, { mixed, gates, state }, STEP).state,
    meaning: (slot) => unscaled(slot, variant.heads),
  };
}

test.each<[string, () => Recurrence, byOne: number, byMany: number]>([
  ['selective scan', mamba, 3e-6, 1e-6],
  ['RG-LRU', griffin, 1e-6, 1e-6],
  // A forget gate that is wide open takes away 3e-7 of the state in a step, and what is left is rounded to 6e-8 each time.
  ['mLSTM', xlstm, 1e-4, 5e-6],
])('%s: after 4,096 tokens the state is that of float64', async (_, make, byOne, byMany) => {
  const { kernels, written, expected, meaning = (slot) => slot, ...recurrence } = make();
  for (const [count, tolerance] of [[1, byOne], [MANY, byMany]]) {
    const state = await runSteps(device, { ...recurrence, kernels: kernels(count), count, tokens: TOKENS, slotIn: STEP.slotIn, written: written(count) });
    expect(relativeError('state', meaning(state), meaning(slotOf(expected, STEP.slotOut))), `in steps of ${count}`).toBeLessThanOrEqual(tolerance);
  }
});
