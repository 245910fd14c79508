import { describe, expect, test } from 'vitest';
import { NO_TOKEN, samplingScratch } from '../../shaders/sampling/sampling.ts';
import { InvalidLogitsError } from '../errors/invalid-logits-error.ts';
import { InvalidOptionError } from '../errors/invalid-option-error.ts';
import type { GenerateOptions } from '../schedule/generate-options.ts';
import { checkSampled } from './check-sampled.ts';
import { resolveSampling } from './resolve-sampling.ts';
import { samplingKernels } from './sampling-kernels.ts';
import { packSampler } from './sampling-plan.ts';

const QWEN3 = { do_sample: true, temperature: 0.6, top_k: 20, top_p: 0.95, bos_token_id: 151643 };
const OFF = { topK: 0, topP: 1, minP: 0, repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0 };
const names = (options: GenerateOptions): string[] => samplingKernels(resolveSampling(options), 1000).map(({ label }) => label.replace(/^sampling-(.*?)\/.*/, '$1'));

describe('resolveSampling', () => {
  test('is greedy where nobody asks for more', () => {
    for (const defaults of [undefined, {}, { do_sample: false, temperature: 0.6 }, { temperature: 0.6 }]) {
      expect(resolveSampling({ seed: 1 }, defaults)).toEqual({ ...OFF, temperature: 0, seed: 1 });
    }
  });

  test('takes the defaults of generation_config.json', () => {
    expect(resolveSampling({ seed: 1 }, QWEN3)).toEqual({ ...OFF, temperature: 0.6, topK: 20, topP: 0.95, seed: 1 });
    expect(resolveSampling({ seed: 1 }, { do_sample: true, min_p: 0.1, repetition_penalty: 1.05, top_k: -1, top_p: null })).toEqual({
      ...OFF,
      temperature: 1,
      minP: 0.1,
      repetitionPenalty: 1.05,
      seed: 1,
    });
  });

  test('options go before defaults, one by one', () => {
    expect(resolveSampling({ temperature: 0 }, QWEN3).temperature).toBe(0);
    expect(resolveSampling({ temperature: 1e-6 }, QWEN3).temperature).toBe(0);
    expect(resolveSampling({ temperature: 0.9 }, { temperature: 0.6, top_k: 20 })).toMatchObject({ temperature: 0.9, topK: 20 });
    expect(resolveSampling({ topK: 0, topP: 1 }, QWEN3)).toMatchObject({ temperature: 0.6, topK: 0, topP: 1 });
  });

  test('reports a random seed', () => {
    const seeds = new Set(Array.from({ length: 20 }, () => resolveSampling({}).seed));
    expect(seeds.size).toBeGreaterThan(10);
    for (const seed of seeds) expect(resolveSampling({ seed }).seed).toBe(seed);
  });

  const invalid: readonly GenerateOptions[] = [
    ...[NaN, -0.1, Infinity, 1001].map((temperature) => ({ temperature })),
    ...[NaN, -1, 1.5, 2 ** 32].map((topK) => ({ topK })),
    ...[NaN, 0, -0.5, 1.01].map((topP) => ({ topP })),
    ...[NaN, -0.01, 1.01].map((minP) => ({ minP })),
    ...[NaN, 0, -1, Infinity].map((repetitionPenalty) => ({ repetitionPenalty })),
    ...[NaN, Infinity].map((presencePenalty) => ({ presencePenalty })),
    ...[NaN, -Infinity].map((frequencyPenalty) => ({ frequencyPenalty })),
    ...[NaN, -1, 0.5, 2 ** 32].map((seed) => ({ seed })),
  ];
  test.each(invalid.map((options) => [Object.entries(options)[0]] as const))('refuses %s', ([option, value]) => {
    const refuse = (): unknown => resolveSampling({ [option]: value });
    expect(refuse).toThrow(InvalidOptionError);
    expect(refuse).toThrow(expect.objectContaining({ code: 'invalid-option', option, value }));
  });

  test('refuses other types, and broken defaults by their own name', () => {
    const options: object = { topP: '0.9' };
    expect(() => resolveSampling(options)).toThrow('topP is "0.9", but must be a number above 0 and at most 1');
    expect(() => resolveSampling({}, { do_sample: true, top_p: 7 })).toThrow('generation_config.json: top_p is 7');
  });
});

test('samplingKernels runs what the plan needs and no more', () => {
  expect(names({})).toEqual(['score', 'pick']);
  expect(names({ topK: 5, topP: 0.5, minP: 0.1 })).toEqual(['score', 'pick']);
  expect(names({ temperature: 1 })).toEqual(['score', 'pick']);
  expect(names({ temperature: 1, topK: 1000, topP: 1 - 1e-12 })).toEqual(['score', 'pick']);
  expect(names({ temperature: 1, minP: 0.1 })).toEqual(['scale', 'gather', 'select']);
  expect(names({ temperature: 1, topK: 999 })).toEqual(['scale', 'histogram', 'gather', 'select']);
  expect(names({ temperature: 1, topP: 0.9 })).toEqual(['scale', 'histogram', 'gather', 'select']);
});

test('samplingScratch is as long as the largest vocabulary needs, which is bounded', () => {
  expect(samplingScratch(262_144)).toEqual({ partials: 384, histogram: 512, candidates: 524_292 });
  expect(() => samplingKernels(resolveSampling(), 524_289)).toThrow(RangeError);
});

test('packSampler writes the layout of settings.wgsl', () => {
  const words = packSampler({ temperature: 0.5, topK: 7, topP: 0.25, minP: 1, repetitionPenalty: 2, presencePenalty: 3, frequencyPenalty: 4, seed: 0xffffffff });
  expect([words[1], words[7]]).toEqual([7, 0xffffffff]);
  expect([...new Float32Array(words.buffer)].filter((_, i) => i !== 1 && i !== 7)).toEqual([0.5, 0.25, 0, 2, 3, 4]);
});

test('checkSampled turns the reserved id into an error', () => {
  expect(checkSampled(0, 9)).toBe(0);
  expect(() => checkSampled(NO_TOKEN, 9)).toThrow(InvalidLogitsError);
});
