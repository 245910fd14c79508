import { expect, test } from 'vitest';
import { describeFormat } from '../../shaders/dequant/formats.ts';
import type { WeightFormat } from '../../shaders/dequant/weight-format.ts';
import { PLAIN_KV_LAYOUTS } from '../../shaders/kv/plain-kv-layouts.ts';
import { Graph } from '../ops/graph.ts';
import type { ChannelGating, TensorColumns } from '../ops/vocabulary.ts';
import type { Vector, Weight } from '../ops/weight.ts';
import type { Dispatch } from './dispatch.ts';
import { lower } from './lower.ts';
import { placeValues } from './placement.ts';

const SIZE = 64;
const buffer = {} as GPUBuffer;
const vectorOf = (label: string): Vector => ({ label, length: SIZE, buffer });

function weightOf(key: WeightFormat, ordered: boolean): Weight {
  const format = describeFormat(key);
  const planes = Object.fromEntries(format.planes.map(({ name }) => [name, buffer]));
  return { label: 'm', outputs: SIZE, inputs: SIZE, chunks: [{ format, rowStart: 0, rowStep: 1, rows: SIZE, planes, ...(ordered && { order: buffer }) }] };
}

/** What reading one token takes of a model that is an embedding, a norm and a product with a bias. */
async function dispatchesOf(format: WeightFormat, ordered: boolean): Promise<readonly Dispatch[]> {
  const graph = new Graph();
  const x = graph.embedding(weightOf('f32', false));
  const result = graph.linear(graph.rmsNorm(x, vectorOf('norm'), 1e-6), weightOf(format, ordered), { bias: vectorOf('bias') });
  return (await lower(graph, result, { mode: 'decode', target: { subgroup: 0 }, rows: 1, context: 8, kv: PLAIN_KV_LAYOUTS.f32 })).dispatches;
}

test.each<[WeightFormat, boolean, number]>([
  ['int4', false, 2],
  ['q6_k', true, 2],
  ['int3:f16:64:zeros', false, 2],
  // Four planes, x, the order, the norm's weight, the bias and out would be nine.
  ['int3:f16:64:zeros', true, 3],
])('a norm in front of %s (ordered: %s) is computed where bindings are left: %i dispatches', async (format, ordered, count) => {
  const dispatches = await dispatchesOf(format, ordered);
  expect(dispatches).toHaveLength(count);
  for (const { kernel, buffers } of dispatches) {
    expect(kernel.bindings.filter(({ type }) => type !== 'uniform').length).toBeLessThanOrEqual(8);
    expect(Object.keys(buffers).sort()).toEqual(kernel.bindings.filter(({ type }) => type !== 'uniform').map(({ name }) => name).sort());
  }
});

test.each([
  [false, ['embedding/f32/token/64x64', 'rms-norm/64/accumulate']],
  [true, ['embedding/f32/token/64x64', 'scale/64/times2', 'rms-norm/64/accumulate']],
])('an embedding is scaled by its look-up, unless it is wanted as it is (%s): %j', async (plainToo, labels) => {
  const graph = new Graph();
  const x = graph.embedding(weightOf('f32', false));
  const scaled = graph.scale(x, 2);
  const result = graph.rmsNorm(plainToo ? x : scaled, vectorOf('norm'), 1e-6, { residual: scaled });
  const { dispatches } = await lower(graph, result, { mode: 'decode', target: { subgroup: 0 }, rows: 1, context: 8, kv: PLAIN_KV_LAYOUTS.f32 });
  expect(dispatches.map(({ kernel }) => kernel.label)).toEqual(labels);
});

test.each([
  ['is computed once where one adds to its input before another reads it', [1, 0], ['embedding', 'rms-norm', 'linear-vector', 'linear-vector', 'linear-vector']],
  ['is left to its consumers where all have read it by then', [0, 1], ['embedding', 'linear-vector', 'linear-vector', 'linear-vector']],
] as const)('a norm %s', async (_, order, operators) => {
  const graph = new Graph();
  const x = graph.embedding(weightOf('f32', false));
  const normed = graph.rmsNorm(x, vectorOf('norm'), 1e-6);
  const consumers = [() => graph.linear(normed, weightOf('f32', false)), () => graph.linear(normed, weightOf('f32', false), { residual: x })];
  const [first, second] = order.map((i) => consumers[i]());
  const result = order[0] === 0 ? graph.linear(first, weightOf('f32', false), { residual: second }) : graph.linear(second, weightOf('f32', false), { residual: first });
  const { dispatches, output } = await lower(graph, result, { mode: 'decode', target: { subgroup: 0 }, rows: 1, context: 8, kv: PLAIN_KV_LAYOUTS.f32 });
  expect(dispatches.map(({ kernel }) => kernel.label.split('/')[0])).toEqual(operators);
  expect(() => placeValues(dispatches, [output])).not.toThrow();
});

test.each([
  ['kda', (gates: TensorColumns, parameters: Vector): ChannelGating => ({ kind: 'kda', decay: gates, beta: { ...gates, column: 33 }, parameters, betaScale: 1 })],
  ['gla', (gates: TensorColumns): ChannelGating => ({ kind: 'gla', decay: gates, normalizer: 16 })],
  ['hgrn2', (gates: TensorColumns, lowerBounds: Vector): ChannelGating => ({ kind: 'hgrn2', decay: gates, lowerBounds })],
  ['rwkv7', (gates: TensorColumns, parameters: Vector): ChannelGating => ({ kind: 'rwkv7', decay: gates, rate: { ...gates, column: 32 }, parameters, eps: 1e-6 })],
  ['given', (gates: TensorColumns): ChannelGating => ({ kind: 'given', decay: { ...gates, column: 3 }, perChannel: false, p: gates, b: { ...gates, column: 32 } })],
] as const)('linear attention that decays by channel, %s, takes one dispatch for a token and two for any number', async (_, gating) => {
  const graph = new Graph();
  const x = graph.embedding(weightOf('f32', false));
  const gates = graph.linear(x, weightOf('f32', false));
  const state = { kind: 'recurrent', heads: 4, keyDim: 8, valueDim: 4 } as const;
  const result = graph.linearAttention(x, { state, keyHeads: 2, normalised: true, scale: 1, gating: gating({ tensor: gates, column: 4 }, vectorOf('parameters')) });
  for (const [mode, rows, operators] of [['decode', 1, ['linear-attention-step']], ['prefill', 512, ['linear-attention-chunks', 'linear-attention-scan']]] as const) {
    const { dispatches, output } = await lower(graph, result, { mode, target: { subgroup: 0 }, rows, context: 8, kv: PLAIN_KV_LAYOUTS.f32 });
    const own = dispatches.slice(-operators.length);
    expect(own.map(({ kernel }) => kernel.label.split('/')[0])).toEqual(operators);
    for (const { kernel, buffers } of own) expect(Object.keys(buffers).sort()).toEqual(kernel.bindings.flatMap(({ name, type }) => (type === 'uniform' ? [] : [name])).sort());
    expect(() => placeValues(dispatches, [output])).not.toThrow();
  }
});

test('a norm that is a residual too is a dispatch of its own', async () => {
  const graph = new Graph();
  const normed = graph.rmsNorm(graph.embedding(weightOf('f32', false)), vectorOf('norm'), 1e-6);
  const result = graph.linear(graph.linear(normed, weightOf('f32', false)), weightOf('f32', false), { residual: normed });
  const { dispatches, output } = await lower(graph, result, { mode: 'decode', target: { subgroup: 0 }, rows: 1, context: 8, kv: PLAIN_KV_LAYOUTS.f32 });
  expect(dispatches.map(({ kernel }) => kernel.label.split('/')[0])).toEqual(['embedding', 'rms-norm', 'linear-vector', 'linear-vector']);
  expect(() => placeValues(dispatches, [output])).not.toThrow();
});
