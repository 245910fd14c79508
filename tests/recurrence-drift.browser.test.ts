import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Target } from '../shaders/kernel.ts';
import { CASE_STEP, constantSizes, deltaSizes, linearAttentionInputs, mamba2Sizes, type LinearAttentionInputs } from '../shaders/linear-attention/case-inputs.ts';
import { referenceOf } from '../shaders/linear-attention-channel/case-gates.ts';
import { channelInputs, variantOf } from '../shaders/linear-attention-channel/cases.ts';
import { channelStep } from '../shaders/linear-attention-channel/channel-step.ts';
import { channelReference } from '../shaders/linear-attention-channel/reference.ts';
import { linearAttentionCase } from '../shaders/linear-attention/cases.ts';
import { linearAttentionStep } from '../shaders/linear-attention/linear-attention-step.ts';
import { linearAttentionReference } from '../shaders/linear-attention/reference.ts';
import type { LinearAttentionVariant } from '../shaders/linear-attention/variant.ts';
import { relativeError, runCase } from './gpu/run-case.ts';
import { runSteps, slotOf } from './gpu/run-steps.ts';

// After thousands of tokens a state in f32 is still the state in f64: decays round no digits away that add up.

const TOKENS = 4096;
const BASELINE: Target = { subgroup: 0 };
/** Floats of a row: what `minStorageBufferOffsetAlignment` asks for, so that a step can bind its own. */
const STRIDE = 64;

let device: GPUDevice;

beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error('no WebGPU adapter: the kernels cannot be tested');
  device = await adapter.requestDevice();
});
afterAll(() => device?.destroy());

/** Two heads of 16 × 12 that remember about a hundred tokens and about all: log-decays of −0.01 and −0.0002, as far as the gates let them. */
function slow(sizes: LinearAttentionVariant): { variant: LinearAttentionVariant; inputs: LinearAttentionInputs } {
  const variant = { ...sizes, mixedStride: STRIDE };
  const inputs = linearAttentionInputs(variant, TOKENS);
  inputs.gate_params.set(variant.gating.kind === 'constant' ? [-0.01, -0.0002] : [-0.3, -0.006, -4, -4]);
  return { variant, inputs };
}

const VARIANTS: readonly [string, LinearAttentionVariant][] = [
  ['gated delta rule', deltaSizes(1, 2, 16, 12)],
  ['Mamba-2', { ...mamba2Sizes(1, 2, 16, 12), gating: { kind: 'mamba2', stride: 2, column: 0, limits: [0, Infinity] } }],
];
const CONSTANT: LinearAttentionVariant = { ...constantSizes(2, 12), keyHeads: 1, keyDim: 16, columns: { q: 0, k: 16, v: 32 } };

test.each([...VARIANTS, ['constant decays', CONSTANT] as const])('%s: after a prefill of 4,096 tokens the state is that of float64', async (_, sizes) => {
  const { variant, inputs } = slow(sizes);
  const { mixed, gates, gate_params, state } = inputs;
  const kernelCase = linearAttentionCase('chunked', variant, TOKENS);
  const { actual, expected } = await runCase(device, BASELINE, { ...kernelCase, inputs: () => ({ mixed, gate_params, state, ...(gates && { gates }) }) });
  expect(relativeError('state', actual.state, expected.state)).toBeLessThanOrEqual(1e-6);
});

test('constant decays: after 4,096 single tokens the state is that of float64', async () => {
  const { variant, inputs } = slow(CONSTANT);
  const expected = linearAttentionReference(variant, inputs, { ...CASE_STEP, count: TOKENS });
  const { mixed, gate_params, state } = inputs;
  const last = await runSteps(device, {
    kernels: [linearAttentionStep(variant, BASELINE)],
    count: 1,
    tokens: TOKENS,
    rows: { mixed },
    weights: { gate_params },
    state,
    slotIn: CASE_STEP.slotIn,
    written: { out: variant.valueHeads * variant.valueDim },
  });
  expect(relativeError('state', last, slotOf(expected.state, CASE_STEP.slotOut))).toBeLessThanOrEqual(3e-6);
});

test('decays by channel: after 4,096 single tokens the state is that of float64', async () => {
  const shape = { keyHeads: 1, valueHeads: 1, keyDim: 48, valueDim: 8, gap: 8 };
  const variant = variantOf('gla', shape);
  const { rows, weights, state } = channelInputs('gla', shape, TOKENS, 'lasting');
  const expected = channelReference(variant, { mixed: rows.mixed, state }, referenceOf('gla', shape, { ...rows, ...weights }), { ...CASE_STEP, count: TOKENS });
  const last = await runSteps(device, { kernels: [channelStep(variant, BASELINE)], count: 1, tokens: TOKENS, rows, weights, state, slotIn: CASE_STEP.slotIn, written: { out: shape.valueDim } });
  expect(relativeError('state', last, slotOf(expected.state, CASE_STEP.slotOut))).toBeLessThanOrEqual(3e-6);
});
