import { describe, expect, test } from 'vitest';
import { RotaryConfigError } from '../errors/rotary-config-error.ts';
import { parseRotary } from './parse-rotary.ts';

const yarn = { rope_type: 'yarn', rope_theta: 150_000, factor: 32, original_max_position_embeddings: 4096 };

function keyOf(config: Record<string, unknown>): string {
  try {
    parseRotary(config, { headDim: 64 });
  } catch (error) {
    if (error instanceof RotaryConfigError) return error.key;
    throw error;
  }
  throw new Error('the config was accepted');
}

describe('parseRotary', () => {
  test.each([
    ['rope_parameters', { rope_parameters: { rope_type: 'default', rope_theta: 500_000 } }],
    ['rope_theta alone', { rope_theta: 500_000 }],
    ['rope_theta beside null', { rope_theta: 500_000, rope_scaling: null }],
    ['rope_theta beside rope_parameters without it', { rope_theta: 500_000, rope_parameters: { rope_type: 'default' } }],
  ])('reads %s', (_, config) => {
    expect(parseRotary(config, { headDim: 64 })).toEqual({ type: 'default', theta: 500_000, rotaryDim: 64 });
  });

  test('falls back to the architecture’s defaults', () => {
    expect(parseRotary({}, { headDim: 64 })).toEqual({ type: 'default', theta: 10_000, rotaryDim: 64 });
    expect(parseRotary({}, { headDim: 256, theta: 1e7, partial: 0.25 })).toEqual({ type: 'default', theta: 1e7, rotaryDim: 64 });
  });

  test('takes partial_rotary_factor from the top before rope_parameters', () => {
    const rope_parameters = { rope_type: 'default', rope_theta: 1e7, partial_rotary_factor: 0.5 };
    expect(parseRotary({ rope_parameters }, { headDim: 256, partial: 1 }).rotaryDim).toBe(128);
    expect(parseRotary({ rope_parameters, partial_rotary_factor: 0.25 }, { headDim: 256 }).rotaryDim).toBe(64);
  });

  test.each(['rope_type', 'type'])('reads rope_scaling with %s', (key) => {
    expect(parseRotary({ rope_theta: 5e5, rope_scaling: { [key]: 'linear', factor: 4 } }, { headDim: 64 })).toEqual({ type: 'linear', factor: 4, theta: 5e5, rotaryDim: 64 });
  });

  test('reads llama3', () => {
    const rope_scaling = { rope_type: 'llama3', factor: 8, low_freq_factor: 1, high_freq_factor: 4, original_max_position_embeddings: 8192 };
    expect(parseRotary({ rope_theta: 5e5, rope_scaling }, { headDim: 128 })).toEqual({
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
    const parsed = parseRotary({ rope_parameters: yarn }, { headDim: 64 });
    // 0.1 · ln 32 + 1
    expect(parsed).toMatchObject({ type: 'yarn', betaFast: 32, betaSlow: 1, truncate: true, originalMaxPositionEmbeddings: 4096, attentionFactor: expect.closeTo(1.3465736, 7) });
  });

  test('reads yarn’s options', () => {
    const parsed = parseRotary({ rope_parameters: { ...yarn, beta_fast: 16, beta_slow: 2, truncate: false, attention_factor: 1.5, mscale: 2 } }, { headDim: 64 });
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
    expect(parseRotary({ rope_parameters: { ...yarn, ...options } }, { headDim: 64 })).toMatchObject({ attentionFactor: expect.closeTo(expected, 6) });
  });

  test('takes a length or factor that yarn does not state from the model’s maximum', () => {
    const { original_max_position_embeddings: _, ...bare } = yarn;
    expect(parseRotary({ max_position_embeddings: 2048, rope_parameters: bare }, { headDim: 64 })).toMatchObject({ originalMaxPositionEmbeddings: 2048, factor: 32 });
    expect(parseRotary({ max_position_embeddings: 16384, rope_parameters: { ...yarn, factor: null } }, { headDim: 64 })).toMatchObject({ factor: 4 });
  });

  test('picks the layer type’s parameters', () => {
    const rope_parameters = { full_attention: { rope_theta: 1e6, rope_type: 'linear', factor: 8 }, sliding_attention: { rope_theta: 1e4, rope_type: 'default' } };
    expect(parseRotary({ rope_parameters }, { headDim: 64, layerType: 'full_attention' })).toMatchObject({ theta: 1e6, type: 'linear' });
    expect(parseRotary({ rope_parameters }, { headDim: 64, layerType: 'sliding_attention' })).toMatchObject({ theta: 1e4, type: 'default' });
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
});
