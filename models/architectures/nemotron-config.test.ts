import { describe, expect, test } from 'vitest';
import { ConfigReader } from '../config/config-reader.ts';
import { ConfigError } from '../errors/config-error.ts';
import { layerKinds, nemotronAttention, nemotronExperts, nemotronMamba } from './nemotron-config.ts';

const read = (config: object): ConfigReader => new ConfigReader(config, 'config.json');

function keyOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.key;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('layerKinds', () => {
  const kinds = ['mamba', 'mlp', 'attention', 'moe'];

  test.each([
    [{ layers_block_type: ['linear_attention', 'mlp', 'full_attention', 'moe'] }],
    [{ layers_block_type: ['mamba', 'mlp', 'attention', 'moe'], num_hidden_layers: 52 }],
    [{ layer_types: ['linear_attention', 'mlp', 'full_attention', 'moe'], hybrid_override_pattern: 'MM' }],
    [{ hybrid_override_pattern: 'M-*E' }],
  ])('%o', (config) => {
    expect(layerKinds(read(config))).toEqual(kinds);
  });

  test('has the config class’s four layers where nothing is said', () => {
    expect(layerKinds(read({}))).toEqual(['mamba', 'moe', 'attention', 'mlp']);
  });

  test.each([
    ['hybrid_override_pattern', { hybrid_override_pattern: 'M-?' }],
    ['hybrid_override_pattern', { hybrid_override_pattern: '' }],
    ['hybrid_override_pattern', { hybrid_override_pattern: 'M'.repeat(1025) }],
    ['layers_block_type.1', { layers_block_type: ['mamba', 'rnn'] }],
  ])('names %s of %o', (key, config) => {
    expect(keyOf(() => layerKinds(read(config)))).toBe(key);
  });
});

test('the mixer’s keys have older names', () => {
  const newer = { mamba_num_heads: 8, n_groups: 2, conv_kernel: 3, use_conv_bias: false, time_step_min: 0.01, time_step_limit: [0, 0.5] };
  const older = { mamba_num_heads: 8, mamba_n_groups: 2, mamba_d_conv: 3, mamba_conv_bias: false, mamba_dt_min: 0.01, mamba_dt_limit: [0, 0.5] };
  const mixer = nemotronMamba(read(newer), 48, 1e-5);
  expect(mixer).toMatchObject({ groups: 2, convKernel: 3, convBias: false, limits: [0.01, 0.5], norm: { groups: 2, order: 'gate-first' } });
  expect(nemotronMamba(read(older), 48, 1e-5)).toEqual(mixer);
  expect(nemotronMamba(read({}), 48, 1e-5)).toMatchObject({ heads: 128, headDim: 64, groups: 8, stateSize: 128, limits: [0.001, Infinity] });
});

test('attention shares its keys among eight heads unless the config says otherwise, or null', () => {
  expect(nemotronAttention(read({}), 48, 1e-5).kvHeads).toBe(8);
  expect(nemotronAttention(read({ num_key_value_heads: null }), 48, 1e-5).kvHeads).toBe(32);
});

test.each([
  ['n_group', { n_routed_experts: 8, n_group: 3 }],
  ['topk_group', { n_routed_experts: 8, n_group: 2, topk_group: 3 }],
  ['num_experts_per_tok', { n_routed_experts: 4, num_experts_per_tok: 5 }],
  ['moe_latent_size', { moe_latent_size: 0 }],
])('names %s of %o', (key, config) => {
  expect(keyOf(() => nemotronExperts(read(config)))).toBe(key);
});
