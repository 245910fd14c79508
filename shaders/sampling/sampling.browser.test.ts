import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { pipelineOf } from '../../tests/gpu/run-case.ts';
import { packStep } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import { normal } from '../random.ts';
import { OFF, variantOf } from './cases.ts';
import { adjustedReference, samplingReference, survivorsReference } from './reference.ts';
import { SAMPLED_RING, sampling, samplingScratch } from './sampling.ts';
import { packSettings, type SamplingSettings } from './settings.ts';

let device: GPUDevice;

beforeAll(async () => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error('no WebGPU adapter: sampling cannot be tested');
  device = await adapter.requestDevice();
});
afterAll(() => device?.destroy());

const ALIGN = 256;
const STORAGE = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;

function upload(data: ArrayBufferView<ArrayBuffer>, usage: number): GPUBuffer {
  const buffer = device.createBuffer({ size: data.byteLength, usage: usage | GPUBufferUsage.COPY_DST });
  device.queue.writeBuffer(buffer, 0, data);
  return buffer;
}

interface Run {
  readonly tokens: readonly number[];
  /** After the last step. */
  readonly candidates: Uint32Array;
}

/** Samples once at each of the positions 1…draws, from the same logits. */
async function run(logits: Float32Array<ArrayBuffer>, vocabulary: number, settings: SamplingSettings, draws: number): Promise<Run> {
  const kernels = sampling(variantOf(vocabulary, settings));
  const pipelines = await Promise.all(kernels.map((kernel) => pipelineOf(device, kernel)));
  const scratch = samplingScratch(vocabulary);
  const steps = new Uint32Array((draws * ALIGN) / 4);
  for (let i = 0; i < draws; i++) steps.set(packStep({ count: 1, position: i, slotIn: 0, slotOut: 1 }), (i * ALIGN) / 4);
  const make = (words: number): GPUBuffer => upload(new Uint32Array(words).fill(0xffffffff), STORAGE);
  const buffers: Record<string, GPUBuffer> = {
    logits: make(logits.length),
    counts: make(vocabulary),
    sampler: upload(packSettings(settings), GPUBufferUsage.UNIFORM),
    step: upload(steps, GPUBufferUsage.UNIFORM),
    tokens: make((draws * ALIGN) / 4),
    sampled: make(SAMPLED_RING),
    partials: make(scratch.partials),
    histogram: make(scratch.histogram),
    candidates: make(scratch.candidates),
  };
  const source = upload(logits, GPUBufferUsage.COPY_SRC);
  const encoder = device.createCommandEncoder();
  for (let i = 0; i < draws; i++) {
    encoder.copyBufferToBuffer(source, 0, buffers['logits'], 0, source.size);
    const pass = encoder.beginComputePass();
    kernels.forEach((kernel, k) => {
      const entries = kernel.bindings.map(({ name }, binding) => {
        const moves = name === 'step' || name === 'tokens';
        return { binding, resource: { buffer: buffers[name], ...(moves && { offset: i * ALIGN, size: 16 }) } };
      });
      pass.setPipeline(pipelines[k]);
      pass.setBindGroup(0, device.createBindGroup({ layout: pipelines[k].getBindGroupLayout(0), entries }));
      pass.dispatchWorkgroups(...kernel.workgroups({ count: 1, position: i }));
    });
    pass.end();
  }
  const [tokens, candidates] = ['tokens', 'candidates'].map((name) => {
    const copy = device.createBuffer({ size: buffers[name].size, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    encoder.copyBufferToBuffer(buffers[name], 0, copy, 0, copy.size);
    return copy;
  });
  device.queue.submit([encoder.finish()]);
  const words = async (copy: GPUBuffer): Promise<Uint32Array> => {
    await copy.mapAsync(GPUMapMode.READ);
    const result = new Uint32Array(copy.getMappedRange().slice(0));
    copy.destroy();
    return result;
  };
  const ids = await words(tokens);
  const result = { tokens: Array.from({ length: draws }, (_, i) => ids[(i * ALIGN) / 4]), candidates: await words(candidates) };
  for (const buffer of [...Object.values(buffers), source]) buffer.destroy();
  return result;
}

/** `rank_of` of select.wgsl on the bits of a float. */
function rankOf(bits: number): number {
  if (bits === 0x80000000) return rankOf(0);
  return bits >= 0x80000000 ? bits : 0x7fffffff - bits;
}

/** The tokens at or above the border that the last step found. */
function survivorsOf(candidates: Uint32Array): Set<number> {
  const [count, border] = candidates;
  const tokens = new Set<number>();
  for (let i = 0; i < count; i++) if (rankOf(candidates[5 + 2 * i]) <= border) tokens.add(candidates[4 + 2 * i]);
  return tokens;
}

// SwiftShader's log is only good to 9e-6 of its value, and noise reaches 15.
const SAFE = 5e-4;
const PLAIN: SamplingSettings = { ...OFF, temperature: 0.8, seed: 77 };

test.each([
  ['plain', 100, 3000, PLAIN],
  ['filtered', 513, 300, { ...PLAIN, topK: 50, topP: 0.95, minP: 0.01, seed: 78 }],
] as const)('%s draws equal the reference at every position, and follow softmax', async (_, vocabulary, draws, settings) => {
  const logits = normal(roundUp(vocabulary, 4), vocabulary + 1, 1.5);
  const used = logits.subarray(0, vocabulary);
  const counts = new Uint32Array(vocabulary);
  const { tokens } = await run(logits, vocabulary, settings, draws);
  let unsafe = 0;
  tokens.forEach((token, i) => {
    const expected = samplingReference(used, counts, settings, i + 1);
    if (expected.margin < SAFE) unsafe++;
    else if (token !== expected.token) throw new Error(`position ${i + 1}: ${token}, expected ${expected.token} with a margin of ${expected.margin}`);
  });
  expect(unsafe / draws).toBeLessThan(0.005);

  const y = adjustedReference(used, counts, settings);
  const survivors = survivorsReference(y, settings).tokens;
  const mass = survivors.reduce((sum, token) => sum + Math.exp(y[token]), 0);
  const observed = new Map(survivors.map((token) => [token, 0]));
  for (const token of tokens) observed.set(token, (observed.get(token) ?? NaN) + 1);
  let chi = 0;
  let cells = 0;
  const rest = { observed: 0, expected: 0 };
  for (const [token, count] of observed) {
    const expected = (draws * Math.exp(y[token])) / mass;
    if (expected >= 5) {
      chi += (count - expected) ** 2 / expected;
      cells++;
    } else {
      rest.observed += count;
      rest.expected += expected;
    }
  }
  if (rest.expected > 0) chi += (rest.observed - rest.expected) ** 2 / rest.expected;
  expect(cells).toBeGreaterThan(10);
  // χ² has mean n and variance 2n; four deviations. A NaN (a token that should not survive) fails too.
  expect(chi).toBeLessThan(cells + 4 * Math.sqrt(2 * cells));
});

describe('survivors', () => {
  const ALL: SamplingSettings = { ...OFF, temperature: 0.8, topK: 300, topP: 0.9, minP: 1e-3, seed: 1 };
  const flat = (vocabulary: number): Float32Array<ArrayBuffer> => new Float32Array(roundUp(vocabulary, 4)).fill(-1.25);
  const cases: readonly { vocabulary: number; changed: Partial<SamplingSettings>; given?: Float32Array<ArrayBuffer> }[] = [
    ...[513, 151_936].map((vocabulary) => ({ vocabulary, changed: {} })),
    ...[{ topK: 1 }, { topK: 513 }, { topK: 4_000_000_000 }, { topP: 1e-9 }, { topP: 0.995 }, { minP: 1 }, { minP: 1e-30 }].map((changed) => ({ vocabulary: 513, changed })),
    { vocabulary: 513, changed: { minP: 1e-30, topK: 5 }, given: flat(513) },
    { vocabulary: 513, changed: { minP: 1e-30, topP: 0.01, topK: 600 }, given: flat(513) },
    ...[{ topK: 20_000, topP: 0.8, minP: 1e-30 }, { temperature: 0.01 }, { temperature: 100 }].map((changed) => ({ vocabulary: 151_936, changed })),
    { vocabulary: 32_000, changed: { topK: 0 } },
    { vocabulary: 32_000, changed: { topK: 0, temperature: 0.01, topP: 0.999 } },
  ];
  test.each(cases)('V=$vocabulary $changed are the reference’s', async ({ vocabulary, changed, given }) => {
    const settings = { ...ALL, ...changed };
    const logits = given ?? normal(roundUp(vocabulary, 4), 20 + vocabulary, 3);
    const y = adjustedReference(logits.subarray(0, vocabulary), new Uint32Array(vocabulary), settings);
    const { tokens, margin } = survivorsReference(y, settings);
    expect(margin, 'the case decides nothing closer than f32 can').toBeGreaterThan(2e-6);
    const { candidates } = await run(logits, vocabulary, settings, 1);
    expect([...survivorsOf(candidates)].sort((a, b) => a - b)).toEqual([...tokens].sort((a, b) => a - b));
  });

  test('of an almost flat distribution miss p by less than 1e-6, and are the same each time', async () => {
    const settings = { ...OFF, temperature: 100, topP: 0.9, minP: 1e-30, seed: 2 };
    const vocabulary = 32_000;
    const logits = normal(vocabulary, 5, 3);
    const y = adjustedReference(logits, new Uint32Array(vocabulary), settings);
    const first = await run(logits, vocabulary, settings, 1);
    const second = await run(logits, vocabulary, settings, 1);
    expect(second.tokens).toEqual(first.tokens);
    expect(second.candidates.subarray(0, 4)).toEqual(first.candidates.subarray(0, 4));
    const found = survivorsOf(first.candidates);
    const all = y.reduce((sum, value) => sum + Math.exp(value), 0);
    let kept = 0;
    let smallest = Infinity;
    for (const token of found) {
      kept += Math.exp(y[token]) / all;
      smallest = Math.min(smallest, Math.exp(y[token]) / all);
    }
    expect(kept).toBeGreaterThan(0.9 - 1e-6);
    expect(kept - smallest).toBeLessThan(0.9 + 1e-6);
  });
});
