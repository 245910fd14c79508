import { describe, expect, test } from 'vitest';
import { ConfigReader } from '../config/config-reader.ts';
import { importScaledRotary } from '../config/scaled-rotary.ts';
import { readRotary } from '../config/read-rotary.ts';
import { rotaryConfig } from './rotary-config.ts';
import { shortestFloat } from './shortest-float.ts';

const keys = (values: object): ConfigReader => new ConfigReader(values, 'x.gguf', 'llama');
await importScaledRotary(new ConfigReader({ rope_scaling: { type: 'linear' } }, 'config.json'));

const parse = (values: object, headDim = 8, factors?: number[]) => readRotary(new ConfigReader(rotaryConfig(keys(values), headDim, factors), 'x.gguf'), headDim);
const f32 = Math.fround;

describe('the rotary keys of a GGUF file', () => {
  test.each<[string, object, object]>([
    ['nothing', {}, { type: 'default', theta: 10_000, rotaryDim: 8 }],
    ['a base', { 'rope.freq_base': 500_000 }, { type: 'default', theta: 500_000, rotaryDim: 8 }],
    ['no scaling', { 'rope.scaling.type': 'none', 'rope.scaling.factor': 4 }, { type: 'default', theta: 10_000, rotaryDim: 8 }],
    ['linear scaling', { 'rope.scaling.type': 'linear', 'rope.scaling.factor': 2.5 }, { type: 'linear', factor: 2.5, theta: 10_000, rotaryDim: 8 }],
    ['the older name of it', { 'rope.scale_linear': 4 }, { type: 'linear', factor: 4, theta: 10_000, rotaryDim: 8 }],
    ['part of a head', { 'rope.dimension_count': 4 }, { type: 'default', theta: 10_000, rotaryDim: 4 }],
    [
      'YaRN',
      { 'rope.scaling.type': 'yarn', 'rope.scaling.factor': 4, 'rope.scaling.original_context_length': 64, 'rope.scaling.yarn_beta_fast': 16, 'rope.scaling.yarn_beta_slow': 2, 'rope.scaling.yarn_attn_factor': f32(1.1) },
      { type: 'yarn', factor: 4, originalMaxPositionEmbeddings: 64, betaFast: 16, betaSlow: 2, truncate: true, attentionFactor: 1.1, theta: 10_000, rotaryDim: 8 },
    ],
  ])('%s', (_, values, expected) => {
    expect(parse(values)).toMatchObject(expected);
  });

  test('give any even part of any head back exactly', () => {
    for (let headDim = 4; headDim <= 256; headDim += 4) {
      for (let rotaryDim = 2; rotaryDim <= headDim; rotaryDim += 2) expect(parse({ 'rope.dimension_count': rotaryDim }, headDim).rotaryDim).toBe(rotaryDim);
    }
  });

  test('with factors divide each frequency by its own', () => {
    expect(parse({ 'rope.freq_base': 500_000 }, 8, [1, 1, 2.5, 8])).toMatchObject({ type: 'longrope', factors: [1, 1, 2.5, 8], attentionFactor: 1, theta: 500_000, rotaryDim: 8 });
    expect(() => parse({}, 8, [1, 2])).toThrow(/list of 4 positive numbers/);
    expect(() => parse({}, 8, [1, 2, 0, 1])).toThrow(/list of 4 positive numbers/);
    expect(() => parse({ 'rope.scaling.type': 'yarn' }, 8, [1, 1, 1, 1])).toThrow(/"llama.rope.scaling.type" must be "none"/);
  });

  test.each([
    ['rope.scaling.factor', { 'rope.scaling.type': 'yarn' }],
    ['rope.scaling.original_context_length', { 'rope.scaling.type': 'yarn', 'rope.scaling.factor': 4 }],
    ['rope.scaling.type', { 'rope.scaling.type': 'longrope' }],
    ['rope.freq_base', { 'rope.freq_base': 'x' }],
  ])('are refused where %s is wrong', (key, values) => {
    expect(() => parse(values)).toThrow(expect.objectContaining({ code: 'config', file: 'x.gguf', key: `llama.${key}` }));
  });
});

test('the shortest decimal of an f32', () => {
  for (const value of [1e-6, 1e-5, 0.1, 1.1, 0.95, 500_000, 1e7, 0, 2, 1 / 3]) {
    expect(f32(shortestFloat(f32(value)))).toBe(f32(value));
    if (value !== 1 / 3) expect(shortestFloat(f32(value))).toBe(value);
  }
});
