import { afterAll, beforeAll, expect, test } from 'vitest';
import { packStep, STATE_SLOTS } from '../shaders/common/step.ts';
import type { Target } from '../shaders/kernel.ts';
import { CASE_STEP, constantSizes, deltaSizes, linearAttentionInputs, mamba2Sizes, type LinearAttentionInputs } from '../shaders/linear-attention/case-inputs.ts';
import { linearAttentionCase } from '../shaders/linear-attention/cases.ts';
import { linearAttentionStep } from '../shaders/linear-attention/linear-attention-step.ts';
import { linearAttentionReference } from '../shaders/linear-attention/reference.ts';
import type { LinearAttentionVariant } from '../shaders/linear-attention/variant.ts';
import { pipelineOf, relativeError, runCase } from './gpu/run-case.ts';

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

const slotOf = (states: Float64Array, slot: number): Float64Array => states.slice((slot * states.length) / STATE_SLOTS, ((slot + 1) * states.length) / STATE_SLOTS);

/** The state after all tokens, read one by one, of a variant without gates. */
async function decode(variant: LinearAttentionVariant, inputs: LinearAttentionInputs): Promise<Float64Array> {
  const buffer = (data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>, usage: number): GPUBuffer => {
    const made = device.createBuffer({ size: data.byteLength, usage: usage | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC });
    device.queue.writeBuffer(made, 0, data);
    return made;
  };
  const kernel = linearAttentionStep(variant, BASELINE);
  const pipeline = await pipelineOf(device, kernel);
  const layout = pipeline.getBindGroupLayout(0);
  const out = new Float32Array(variant.valueHeads * variant.valueDim);
  const buffers = new Map(Object.entries({ mixed: inputs.mixed, gate_params: inputs.gate_params, state: inputs.state, out }).map(([name, data]) => [name, buffer(data, GPUBufferUsage.STORAGE)]));
  const slot = (token: number): number => (CASE_STEP.slotIn + token) % STATE_SLOTS;
  const steps = Array.from({ length: STATE_SLOTS }, (_, i) => buffer(packStep({ count: 1, position: 0, slotIn: slot(i), slotOut: slot(i + 1) }), GPUBufferUsage.UNIFORM));
  const bound = (name: string, token: number): GPUBufferBinding => {
    const whole = name === 'step' ? steps[token % STATE_SLOTS] : buffers.get(name);
    if (!whole) throw new Error(`nothing is bound to ${name}`);
    return name === 'mixed' ? { buffer: whole, offset: token * STRIDE * 4, size: STRIDE * 4 } : { buffer: whole };
  };
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  for (let t = 0; t < TOKENS; t++) {
    pass.setBindGroup(0, device.createBindGroup({ layout, entries: kernel.bindings.map(({ name }, binding) => ({ binding, resource: bound(name, t) })) }));
    pass.dispatchWorkgroups(...kernel.workgroups({ count: 1, position: 0 }));
  }
  pass.end();
  const state = buffers.get('state');
  if (!state) throw new Error('there is no state');
  const staging = device.createBuffer({ size: state.size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
  encoder.copyBufferToBuffer(state, 0, staging, 0, staging.size);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(GPUMapMode.READ);
  return slotOf(Float64Array.from(new Float32Array(staging.getMappedRange())), slot(TOKENS));
}

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
  expect(relativeError('state', await decode(variant, inputs), slotOf(expected.state, CASE_STEP.slotOut))).toBeLessThanOrEqual(3e-6);
});
