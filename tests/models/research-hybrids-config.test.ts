import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../models/checkpoint/parse-config.ts';
import { recordedModel } from '../support/recorded-model.ts';

type Keys = Readonly<Record<string, unknown>>;

/** By fixture: other ways to write its config, and keys that are refused. */
const VARIANTS: Readonly<Record<string, { readonly same: readonly Keys[]; readonly other: readonly Keys[]; readonly refused: readonly Keys[] }>> = {
  delta_net: {
    same: [{ attn_mode: 'chunk', use_output_norm: false, fuse_norm: false }, { norm_eps: undefined, attn: null, hidden_ratio: null, use_short_conv: undefined, qk_norm: undefined, expand_v: undefined }],
    other: [{ qk_activation: 'identity' }, { qk_norm: 'sum' }, { use_beta: false }, { allow_neg_eigval: true }, { use_gate: false }, { use_short_conv: false }, { conv_bias: true }, { attn: { layers: [1], num_heads: 4 } }],
    refused: [{ qk_activation: 'gelu' }, { expand_k: 0.42 }, { hidden_act: 'powlu' }, { attnres_block_size: 2 }, { conv_size: 1 }],
  },
  gated_deltanet: {
    same: [{ fuse_swiglu: false, num_kv_heads: 7 }],
    other: [{ num_v_heads: null }, { use_gate: false }, { expand_v: 2 }, { allow_neg_eigval: false }],
    refused: [{ num_heads: 3 }, { expand_v: 0.01 }, { head_dim: 513 }],
  },
  gla: {
    same: [{ attn: [] }, { expand_k: undefined, num_kv_heads: 2, use_gk: undefined, hidden_act: undefined }],
    other: [{ clamp_min: null }, { tie_word_embeddings: true }, { num_kv_heads: 1 }, { feature_map: 'gelu' }, { fuse_norm: false }, { elementwise_affine: false }, { intermediate_size: null }, { attn: [{ layers: [0], num_heads: 4, window_size: 5, qk_norm: true }] }],
    refused: [
      { attn: { layers: [2], num_heads: 4 } }, { attn: { layers: [0] } }, { attn: [{ layers: [0], num_heads: 4 }, { layers: [0], num_heads: 4 }] }, { attn: { layers: [0], num_heads: 4, qk_norm: 1 } }, { attn: 'all' },
      { num_kv_heads: 3 }, { feature_map: 'hadamard' }, { clamp_min: 1 }, { use_gv: true }, { use_gk: false }, { gate_logit_normalizer: 8 },
    ],
  },
  'hgrn-hybrid': {
    same: [{ num_heads: 3 }],
    other: [{ use_lower_bound: false, expand_ratio: 2 }, { use_short_conv: false }],
    refused: [{ expand_ratio: 2 }],
  },
  hgrn2: {
    same: [{ num_heads: null }, { num_heads: 3 }],
    other: [{ use_lower_bound: false }, { expand_ratio: null, num_heads: 2 }, { use_short_conv: true }],
    refused: [{ expand_ratio: 10 }, { expand_ratio: 6 }],
  },
  kda: {
    same: [{ safe_gate: undefined, lower_bound: null }],
    other: [{ lower_bound: -5 }, { num_v_heads: null }, { allow_neg_eigval: false }],
    refused: [{ lower_bound: 1 }, { head_dim: 10 }, { num_heads: 3 }],
  },
  retnet: {
    same: [{ use_short_conv: true }],
    other: [{ num_kv_heads: 1 }, { feature_map: 'gelu' }, { elementwise_affine: true }, { use_output_gate: false }],
    refused: [{ feature_map: 'sqrelu' }, { expand_k: 0.4 }],
  },
  gsa: {
    same: [{ fuse_norm: false, clamp_min: -1, use_norm: false }, { expand_k: undefined, exapnd_k: 0.75 }],
    other: [{ num_slots: null }, { num_kv_heads: 3 }, { feature_map: 'relu' }, { use_short_conv: false }, { gate_logit_normalizer: 8 }, { elementwise_affine: false }],
    refused: [{ feature_map: 't2r' }, { expand_v: 0.5 }, { expand_k: 0.8 }, { expand_k: 0.625 }, { num_kv_heads: 2 }, { num_slots: 0 }],
  },
  mom: {
    same: [{ capacity: 0.5, aux_loss_scale: 0, attn_mode: 'fused_recurrent' }, { mom_backend: undefined, topk: undefined }],
    other: [{ shared_mem: false }, { single_kv_proj: true }, { use_output_gate: false }, { topk: 3 }, { num_memories: 4 }, { attn: { layers: [1], num_heads: 4 } }],
    refused: [{ mom_backend: 'gla' }, { use_short_conv: false }, { topk: 4 }, { attn: { layers: [1], num_heads: 4, qkv_bias: true } }, { expand_v: 0.01 }],
  },
  rwkv7: {
    same: [{ attn_mode: 'fused_recurrent', num_heads: 7 }, { head_dim: null, num_heads: 2 }, { value_dim: 40 }, { intermediate_size: 160 }],
    other: [{ fuse_norm: false }, { norm_first: false }, { norm_bias: false }, { decay_low_rank_dim: null }, { gate_low_rank_dim: undefined }, { intermediate_size: 100 }, { attn: { layers: [1], num_heads: 2 } }],
    refused: [{ hidden_act: 'relu' }, { value_dim: 80 }, { head_dim: 16 }, { head_dim: 10 }, { attn: { layers: [0], num_heads: 2 } }],
  },
  gam: {
    same: [{ VOCAB_SIZE: undefined, vocab_size: 128, N_LAYER: undefined, n_layer: 3 }, { CONV_KERNEL_SIZE: undefined }],
    other: [{ NUM_MEMORY_SLOTS: 38 }, { CONV_KERNEL_SIZE: 2 }, { BLOCK_SIZE: 99 }],
    refused: [{ N_LAYER: 0 }, { N_EMBED: 1.5 }],
  },
  rat: {
    same: [{ tie_embedding: false }],
    other: [{ tie_embedding: true }],
    refused: [{ tie_embedding: 1 }, { backbone: 1 }],
  },
  liger_gla: {
    same: [{ rope_scaling: undefined, rope_parameters: { rope_type: 'default', rope_theta: 500000 }, rope_theta: undefined }],
    other: [{ model_type: 'liger_hgrn2' }, { model_type: 'liger_qwen2_gla', attention_bias: undefined }, { window_size: null }, { window_size: undefined }],
    refused: [{ attention_bias: true }, { window_size: 0 }, { hidden_act: 'gelu' }],
  },
  liger_gsa: {
    same: [{ head_dim: undefined }],
    other: [{ pool_size: 8 }],
    refused: [{ pool_size: 3 }, { pool_size: undefined }],
  },
  lizard: {
    same: [{ head_dim: 8 }],
    other: [{ feature_dim: 12 }, { window_size: undefined }, { num_meta: undefined }, { tie_word_embeddings: false }],
    refused: [{ feature_dim: 7 }, { feature_dim: 130 }, { attention_bias: true }, { num_meta: 0 }],
  },
  phi4flash: {
    same: [{ sliding_window: [null, 13, null, 13, null, null, null, null] }, { mamba_dt_rank: 3 }, { layer_types: ['mamba', 'sliding_attention', 'mamba', 'sliding_attention', 'mamba', 'full_attention', 'mamba', 'full_attention'] }],
    other: [{ sliding_window: null }, { sliding_window: [null, 13, null, 12, null, null, null, null] }, { num_key_value_heads: null }, { mamba_expand: 2 }],
    refused: [{ sliding_window: [13] }, { sliding_window: [null, 13, null, 13, null, 13, null, null] }, { layer_types: Array(8).fill('full_attention') }, { mb_per_layer: 4 }, { num_hidden_layers: 6 }, { num_key_value_heads: 3 }, { mlp_bias: true }, { lm_head_bias: true }, { hidden_act: 'gelu' }],
  },
};

describe.each(Object.entries(VARIANTS))('%s', (name, { same, other, refused }) => {
  const config: Keys = parseConfig(readFileSync(new URL(`../fixtures/research/${name}/config.json`, import.meta.url), 'utf8'), 'config.json');

  test.each(same)('is the same with %j', async (change) => {
    expect(await recordedModel({ ...config, ...change })).toEqual(await recordedModel(config));
  });

  test.each(other)('is another with %j', async (change) => {
    expect(await recordedModel({ ...config, ...change })).not.toEqual(await recordedModel(config));
  });

  test.each(refused)('is refused with %j', async (change) => {
    await expect(recordedModel({ ...config, ...change })).rejects.toMatchObject({ code: 'config', key: expect.stringMatching(new RegExp(`^${Object.keys(change)[0]}\\b`)) });
  });
});
