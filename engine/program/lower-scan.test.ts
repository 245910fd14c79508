import { expect, test } from 'vitest';
import { describeFormat } from '../../shaders/dequant/formats.ts';
import { PLAIN_KV_LAYOUTS } from '../../shaders/kv/plain-kv-layouts.ts';
import { Graph } from '../ops/graph.ts';
import type { Tensor } from '../ops/vocabulary.ts';
import type { Vector, Weight } from '../ops/weight.ts';
import type { Dispatch } from './dispatch.ts';
import { lower } from './lower.ts';
import type { Mode } from './lowering.ts';

const CHANNELS = 24;
const WIDTH = 4 * CHANNELS;
const buffer = {} as GPUBuffer;
const vectorOf = (length: number): Vector => ({ label: 'v', length, buffer });
const format = describeFormat('f32');
const table: Weight = { label: 'm', outputs: 8, inputs: WIDTH, chunks: [{ format, rowStart: 0, rowStep: 1, rows: 8, planes: Object.fromEntries(format.planes.map(({ name }) => [name, buffer])) }] };

const OPERATORS: readonly [string, (graph: Graph, x: Tensor) => Tensor][] = [
  ['selective scan', (graph, x) => graph.selectiveScan(x, { state: { kind: 'diagonal', channels: CHANNELS, stateSize: 8 }, steps: x, mix: x, mixOffset: 4, norm: { eps: 1e-6 }, parameters: vectorOf(9 * CHANNELS + 16), gate: { tensor: x, column: CHANNELS } })],
  ['RG-LRU', (graph, x) => graph.rgLru(x, { state: { kind: 'diagonal', channels: CHANNELS, stateSize: 1 }, heads: 2, gateWeights: vectorOf(CHANNELS * CHANNELS), parameters: vectorOf(3 * CHANNELS), gate: x, gateOffset: CHANNELS })],
  ['HGRN', (graph, x) => graph.hgrn(x, { state: { kind: 'diagonal', channels: CHANNELS, stateSize: 1 }, columns: { input: 0, forget: CHANNELS }, lowerBounds: vectorOf(2 * CHANNELS), layer: 1 })],
  ['mLSTM', (graph, x) => graph.mLstm(x, { state: { kind: 'mlstm', heads: 2, keyDim: 8, valueDim: 12 }, gates: x, gateCap: 15, eps: 1e-6 })],
];

/** What steps of up to `rows` tokens take of the operator alone. */
async function dispatchesOf(operator: (graph: Graph, x: Tensor) => Tensor, mode: Mode, rows: number): Promise<readonly Dispatch[]> {
  const graph = new Graph();
  const out = operator(graph, graph.embedding(table));
  const [, ...dispatches] = (await lower(graph, out, { mode, target: { subgroup: 0 }, rows, context: 8, kv: PLAIN_KV_LAYOUTS.f32 })).dispatches;
  return dispatches;
}

test.each(OPERATORS)('%s: one dispatch for a token, two for 100 tokens or 1,000, with as many bindings as every adapter allows', async (_, operator) => {
  const [one, few, many] = [await dispatchesOf(operator, 'decode', 1), await dispatchesOf(operator, 'prefill', 100), await dispatchesOf(operator, 'prefill', 1000)];
  expect([one.length, few.length, many.length]).toEqual([1, 2, 2]);
  for (const { kernel, buffers } of [...one, ...few, ...many]) {
    const storage = kernel.bindings.filter(({ type }) => type !== 'uniform').map(({ name }) => name);
    expect(storage.length).toBeLessThanOrEqual(8);
    expect(Object.keys(buffers).sort()).toEqual(storage.sort());
  }
});
