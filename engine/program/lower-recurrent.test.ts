import { expect, test } from 'vitest';
import { describeFormat } from '../../shaders/dequant/formats.ts';
import { PLAIN_KV_LAYOUTS } from '../../shaders/kv/plain-kv-layouts.ts';
import { Graph } from '../ops/graph.ts';
import type { Gating, Tensor } from '../ops/vocabulary.ts';
import type { Vector, Weight } from '../ops/weight.ts';
import type { Dispatch } from './dispatch.ts';
import { lower } from './lower.ts';
import type { Mode } from './lowering.ts';

const HEADS = 4;
const DIM = 8;
const WIDTH = 3 * HEADS * DIM;
const buffer = {} as GPUBuffer;
const vectorOf = (length: number): Vector => ({ label: 'v', length, buffer });

function weightOf(outputs: number): Weight {
  const format = describeFormat('f32');
  const planes = Object.fromEntries(format.planes.map(({ name }) => [name, buffer]));
  return { label: 'm', outputs, inputs: WIDTH, chunks: [{ format, rowStart: 0, rowStep: 1, rows: outputs, planes }] };
}

type GatingOf = (gates: Tensor) => Gating;

const GATINGS: readonly [string, GatingOf][] = [
  ['delta', (gates) => ({ kind: 'delta', gates, betaColumn: 0, decayColumn: HEADS, parameters: vectorOf(2 * HEADS), betaScale: 1 })],
  ['mamba2', (gates) => ({ kind: 'mamba2', gates, column: 0, parameters: vectorOf(3 * HEADS), limits: [0, Infinity] })],
  ['constant', () => ({ kind: 'constant', decays: vectorOf(HEADS) })],
];

/** What steps of up to `rows` tokens take of a convolution, a mixer and a gated norm. */
async function dispatchesOf(gating: GatingOf, mode: Mode, rows: number): Promise<readonly Dispatch[]> {
  const graph = new Graph();
  const x = graph.embedding(weightOf(WIDTH));
  const mixed = graph.shortConv(x, { state: { kind: 'conv', channels: WIDTH, kernelSize: 4 }, weight: vectorOf(4 * WIDTH), bias: vectorOf(WIDTH), activation: 'silu' });
  const state = { kind: 'recurrent', heads: HEADS, keyDim: DIM, valueDim: DIM } as const;
  const read = graph.linearAttention(mixed, { state, keyHeads: HEADS, normalised: false, scale: 1, gating: gating(x) });
  const normed = graph.gatedRmsNorm(read, x, { heads: HEADS, weight: vectorOf(DIM), eps: 1e-6, gateOffset: 0 });
  return (await lower(graph, normed, { mode, target: { subgroup: 0 }, rows, context: 8, kv: PLAIN_KV_LAYOUTS.f32 })).dispatches;
}

test.each(GATINGS)('a mixer gated by %s takes the same dispatches for 100 tokens and for 1,000', async (_, gating) => {
  const labels = (dispatches: readonly Dispatch[]): string[] => dispatches.map(({ kernel }) => kernel.label);
  const few = await dispatchesOf(gating, 'prefill', 100);
  expect(labels(await dispatchesOf(gating, 'prefill', 1000))).toEqual(labels(few));
  // The embedding, the convolution, two for the mixer, and the norm.
  expect(few).toHaveLength(5);
  expect(await dispatchesOf(gating, 'decode', 1)).toHaveLength(4);
});

test.each(GATINGS)('a mixer gated by %s binds what its kernels name, within what every adapter allows', async (_, gating) => {
  for (const mode of ['decode', 'prefill'] as const) {
    for (const { kernel, buffers } of await dispatchesOf(gating, mode, mode === 'decode' ? 1 : 64)) {
      const storage = kernel.bindings.filter(({ type }) => type !== 'uniform').map(({ name }) => name);
      expect(storage.length).toBeLessThanOrEqual(8);
      expect(Object.keys(buffers).sort()).toEqual(storage.sort());
    }
  }
});
