import { describe, expect, test } from 'vitest';
import { ConfigError } from '../errors/config-error.ts';
import { ConfigReader } from './config-reader.ts';
import { importScaledRotary } from './scaled-rotary.ts';
import { readRotary, type RotaryDefaults } from './read-rotary.ts';

await importScaledRotary(new ConfigReader({ rope_scaling: { type: 'linear' } }, 'config.json'));

const parse = (config: object, headDim: number, defaults?: RotaryDefaults) => readRotary(new ConfigReader(config, 'config.json'), headDim, defaults);

const yarn = { rope_type: 'yarn', rope_theta: 150_000, factor: 32, original_max_position_embeddings: 4096 };

function keyOf(config: Record<string, unknown>): string {
  try {
    parse(config, 64);
  } catch (error) {
    if (error instanceof ConfigError) return error.key;
    throw error;
  }
  throw new Error('the config was accepted');
}

describe('readRotary', () => {
  test.each([
    ['rope_parameters', { rope_parameters: { rope_type: 'default', rope_theta: 500_000 } }],
    ['rope_theta alone', { rope_theta: 500_000 }],
    ['rope_theta beside null', { rope_theta: 500_000, rope_scaling: null }],
    ['rope_theta beside rope_parameters without it', { rope_theta: 500_000, rope_parameters: { rope_type: 'default' } }],
  ])('reads %s', (_, config) => {
    expect(parse(config, 64)).toEqual({ type: 'default', theta: 500_000, rotaryDim: 64 });
  });

  test('falls back to the architecture’s defaults', () => {
    expect(parse({}, 64)).toEqual({ type: 'default', theta: 10_000, rotaryDim: 64 });
    expect(parse({}, 256, { theta: 1e7, partial: 0.25 })).toEqual({ type: 'default', theta: 1e7, rotaryDim: 64 });
  });

  test('takes partial_rotary_factor from the top before rope_parameters', () => {
    const rope_parameters = { rope_type: 'default', rope_theta: 1e7, partial_rotary_factor: 0.5 };
    expect(parse({ rope_parameters }, 256, { partial: 1 }).rotaryDim).toBe(128);
    expect(parse({ rope_parameters, partial_rotary_factor: 0.25 }, 256).rotaryDim).toBe(64);
  });

  test.each(['rope_type', 'type'])('reads rope_scaling with %s', (key) => {
    expect(parse({ rope_theta: 1e4, rope_scaling: { [key]: 'linear', factor: 4 } }, 4)).toEqual({ type: 'linear', factor: 4, theta: 1e4, rotaryDim: 4, frequencies: Float64Array.of(0.25, 0.0025) });
  });

  test('reads llama3', () => {
    const rope_scaling = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 };
    expect(parse({ rope_theta: 5e5, rope_scaling }, 128)).toMatchObject({
      type: 'llama3',
      theta: 5e5,
      rotaryDim: 128,
      factor: 8,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalMaxPositionEmbeddings: 8192,
    });
  });

  test('reads yarn with the paper’s defaults', () => {
    const parsed = parse({ rope_parameters: yarn }, 64);
    // 0.1 · ln 32 + 1
    expect(parsed).toMatchObject({ type: 'yarn', betaFast: 32, betaSlow: 1, truncate: true, originalMaxPositionEmbeddings: 4096, attentionFactor: expect.closeTo(1.3465736, 7) });
  });

  test('reads yarn’s options', () => {
    const parsed = parse({ rope_parameters: { ...yarn, beta_fast: 16, beta_slow: 2, truncate: false, attention_factor: 1.5, mscale: 2 } }, 64);
    expect(parsed).toMatchObject({ betaFast: 16, betaSlow: 2, truncate: false, attentionFactor: 1.5 });
  });

  test.each([
    // (0.1 · 0.707 · ln 32 + 1) / (0.1 · 1 · ln 32 + 1) = 1.2450275 / 1.3465736
    [{ mscale: 0.707, mscale_all_dim: 1 }, 0.9245893],
    [{ mscale: 1, mscale_all_dim: 1 }, 1],
    [{ mscale: 0.707 }, 1.3465736],
    [{ mscale: 0.707, mscale_all_dim: 0 }, 1.3465736],
    [{ factor: 1 }, 1],
  ])('derives yarn’s attention factor from %o', (options, expected) => {
    expect(parse({ rope_parameters: { ...yarn, ...options } }, 64)).toMatchObject({ attentionFactor: expect.closeTo(expected, 6) });
  });

  test('takes a length or factor that yarn does not state from the model’s maximum', () => {
    const { original_max_position_embeddings: _, ...bare } = yarn;
    expect(parse({ max_position_embeddings: 2048, rope_parameters: bare }, 64)).toMatchObject({ originalMaxPositionEmbeddings: 2048, factor: 32 });
    expect(parse({ max_position_embeddings: 16384, rope_parameters: { ...yarn, factor: null } }, 64)).toMatchObject({ factor: 4 });
  });

  test('picks the layer type’s parameters', () => {
    const rope_parameters = { full_attention: { rope_theta: 1e6, rope_type: 'linear', factor: 8 }, sliding_attention: { rope_theta: 1e4, rope_type: 'default' } };
    expect(parse({ rope_parameters }, 64, { layerType: 'full_attention' })).toMatchObject({ theta: 1e6, type: 'linear' });
    expect(parse({ rope_parameters }, 64, { layerType: 'sliding_attention' })).toMatchObject({ theta: 1e4, type: 'default' });
  });

  test.each([
    ['rope_parameters.rope_type', { rope_parameters: { rope_type: 'dynamic', factor: 2 } }],
    ['rope_parameters.rope_type', { rope_parameters: { rope_type: 'longrope' } }],
    ['rope_parameters.rope_type', { rope_parameters: { rope_type: 7 } }],
    ['rope_scaling.type', { rope_scaling: { type: 'su' } }],
    ['rope_scaling.factor', { rope_scaling: { type: 'linear' } }],
    ['rope_scaling.factor', { rope_scaling: { type: 'linear', factor: '4' } }],
    ['rope_parameters', { rope_parameters: 'default' }],
    ['rope_theta', { rope_theta: -1 }],
    ['rope_theta', { rope_theta: Infinity }],
    ['rope_parameters.rope_theta', { rope_parameters: { rope_theta: 'big' } }],
    ['partial_rotary_factor', { partial_rotary_factor: 1.5 }],
    ['partial_rotary_factor', { partial_rotary_factor: 0.02 }],
    ['rope_parameters.partial_rotary_factor', { rope_parameters: { partial_rotary_factor: 0.05 } }],
    ['rope_parameters.low_freq_factor', { rope_parameters: { rope_type: 'llama3', factor: 8 } }],
    ['rope_parameters.high_freq_factor', { rope_parameters: { rope_type: 'llama3', factor: 8, low_freq_factor: 4, high_freq_factor: 4 } }],
    ['rope_parameters.original_max_position_embeddings', { rope_parameters: { rope_type: 'yarn', factor: 8 } }],
    ['rope_parameters.factor', { rope_parameters: { ...yarn, factor: undefined } }],
    ['rope_parameters.truncate', { rope_parameters: { ...yarn, truncate: 'no' } }],
    ['rope_parameters.beta_fast', { rope_parameters: { ...yarn, beta_fast: 0.5 } }],
    ['rope_parameters.attention_factor', { rope_parameters: { ...yarn, attention_factor: 0 } }],
  ])('names %s of %o', (key, config) => {
    expect(keyOf(config)).toBe(key);
  });

  test('reads a nested config with the architecture’s defaults', () => {
    const config = new ConfigReader({ text_config: { rope_theta: 1e7 } }, 'config.json').object('text_config');
    expect(readRotary(config, 256, { partial: 0.25 })).toEqual({ type: 'default', theta: 1e7, rotaryDim: 64 });
  });

  test('names the file and the whole path of a bad key', () => {
    const config = new ConfigReader({ text_config: { rope_parameters: { rope_type: 'linear', factor: 0 } } }, 'config.json').object('text_config');
    expect(() => readRotary(config, 64)).toThrow(ConfigError);
    expect(() => readRotary(config, 64)).toThrow('config.json: "text_config.rope_parameters.factor" must be a positive number, but is 0.');
  });
});
