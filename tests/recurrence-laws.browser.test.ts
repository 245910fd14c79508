import { afterAll, beforeAll, expect, test } from 'vitest';
import { STATE_SLOTS } from '../shaders/common/step.ts';
import type { Kernel, Target } from '../shaders/kernel.ts';
import { deltaSizes, linearAttentionInputs } from '../shaders/linear-attention/case-inputs.ts';
import { channelInputs, odd, variantOf } from '../shaders/linear-attention-channel/cases.ts';
import { channelChunked } from '../shaders/linear-attention-channel/channel-chunked.ts';
import { channelStep } from '../shaders/linear-attention-channel/channel-step.ts';
import { channelScratchLengths } from '../shaders/linear-attention-channel/variant.ts';
import { linearAttentionChunked } from '../shaders/linear-attention/linear-attention-chunked.ts';
import { linearAttentionStep } from '../shaders/linear-attention/linear-attention-step.ts';
import { scratchLengths } from '../shaders/linear-attention/variant.ts';
import { normal } from '../shaders/random.ts';
import { shortConv } from '../shaders/short-conv/short-conv.ts';
import { relativeError, runCase } from './gpu/run-case.ts';

// However a text is cut into steps, the outputs and the state in the end are the same.

type Tensors = Readonly<Record<string, Float32Array<ArrayBuffer>>>;

interface Recurrence {
  readonly kernels: (count: number) => readonly Kernel[];
  /** Inputs of all tokens, row by row. */
  readonly rows: Tensors;
  readonly weights: Tensors;
  /** All slots of the state; the first step reads slot 1. */
  readonly state: Float32Array<ArrayBuffer>;
  readonly tokens: number;
  readonly outStride: number;
  readonly scratch: (count: number) => Readonly<Record<string, number>>;
}

const BASELINE: Target = { subgroup: 0 };
let device: GPUDevice;

beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error('no WebGPU adapter: the kernels cannot be tested');
  device = await adapter.requestDevice();
});
afterAll(() => device?.destroy());

/** Runs the steps one after the other around the state ring; returns all outputs and the last slot written. */
async function run({ kernels, rows, weights, state, tokens, outStride, scratch }: Recurrence, steps: readonly number[]): Promise<{ out: Float64Array; state: Float64Array }> {
  const out: number[] = [];
  let slots = state;
  let position = 0;
  let slotIn = 1;
  for (const count of steps) {
    const slotOut = (slotIn + 1) % STATE_SLOTS;
    const cut = ([name, data]: [string, Float32Array<ArrayBuffer>]): [string, Float32Array<ArrayBuffer>] => {
      const width = data.length / tokens;
      return [name, data.slice(position * width, (position + count) * width)];
    };
    const lengths = Object.entries({ ...scratch(count), out: count * outStride });
    const { actual } = await runCase(device, BASELINE, {
      name: `${count} tokens at ${position}`,
      kernels: () => kernels(count),
      step: { count, position, slotIn, slotOut },
      inputs: () => ({ ...Object.fromEntries(Object.entries(rows).map(cut)), ...weights, state: slots }),
      outputs: Object.fromEntries(lengths.map(([name, length]) => [name, { type: 'f32', length }])),
      expected: () => ({ out: new Float64Array(count * outStride), state: new Float64Array(state.length) }),
      tolerance: 0,
    });
    out.push(...actual.out);
    slots = Float32Array.from(actual.state);
    position += count;
    slotIn = slotOut;
  }
  expect(position).toBe(tokens);
  const slot = state.length / STATE_SLOTS;
  return { out: Float64Array.from(out), state: Float64Array.from(slots.subarray(slotIn * slot, (slotIn + 1) * slot)) };
}

test('gated delta rule: one step of many tokens, several steps, and single tokens agree', async () => {
  const variant = deltaSizes(2, 6, 12, 24, { gatesOffset: 5 });
  const tokens = 45;
  const { gate_params, state, mixed, gates } = linearAttentionInputs(variant, tokens);
  const recurrence: Recurrence = {
    kernels: (count) => (count === 1 ? [linearAttentionStep(variant, BASELINE)] : linearAttentionChunked(variant)),
    rows: { mixed, ...(gates && { gates }) },
    weights: { gate_params },
    state,
    tokens,
    outStride: variant.valueHeads * variant.valueDim,
    scratch: (count) => (count === 1 ? {} : scratchLengths(variant, count)),
  };
  const whole = await run(recurrence, [tokens]);
  for (const steps of [[33, 2, 10], Array<number>(tokens).fill(1)]) {
    const parts = await run(recurrence, steps);
    expect(relativeError('out', parts.out, whole.out)).toBeLessThanOrEqual(2e-6);
    expect(relativeError('state', parts.state, whole.state)).toBeLessThanOrEqual(2e-6);
  }
});

test.each(['gla', 'kda', 'rwkv7'] as const)('decays by channel, %s: one step of many tokens, several steps, and single tokens agree', async (gates) => {
  const variant = variantOf(gates, odd);
  const tokens = 70;
  const { rows, weights, state } = channelInputs(gates, odd, tokens);
  const recurrence: Recurrence = {
    kernels: (count) => (count === 1 ? [channelStep(variant, BASELINE)] : channelChunked(variant)),
    rows,
    weights,
    state,
    tokens,
    outStride: variant.valueHeads * variant.valueDim,
    scratch: (count) => (count === 1 ? {} : channelScratchLengths(variant, count)),
  };
  const whole = await run(recurrence, [tokens]);
  for (const steps of [[33, 1, 31, 5], Array<number>(tokens).fill(1)]) {
    const parts = await run(recurrence, steps);
    expect(relativeError('out', parts.out, whole.out)).toBeLessThanOrEqual(2e-6);
    expect(relativeError('state', parts.state, whole.state)).toBeLessThanOrEqual(2e-6);
  }
});

test('short convolution: one step of many tokens, several steps, and single tokens agree', async () => {
  const tokens = 11;
  const channels = 20;
  const recurrence: Recurrence = {
    kernels: () => [shortConv({ channels, kernelSize: 4, inputStride: 32, inputOffset: 7, activation: 'silu', bias: true, gated: false })],
    rows: { x: normal(tokens * 32, 1) },
    weights: { weight: normal(channels * 4, 2), bias: normal(channels, 3) },
    state: normal(STATE_SLOTS * 3 * channels, 4),
    tokens,
    outStride: channels,
    scratch: () => ({}),
  };
  const whole = await run(recurrence, [tokens]);
  for (const steps of [[2, 4, 2, 3], Array<number>(tokens).fill(1)]) {
    const parts = await run(recurrence, steps);
    expect(relativeError('out', parts.out, whole.out)).toBeLessThanOrEqual(1e-6);
    expect(relativeError('state', parts.state, whole.state)).toBe(0);
  }
});
