import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../models/checkpoint/parse-config.ts';
import { parsedModel, recordedModel } from '../support/recorded-model.ts';

type Config = Readonly<Record<string, unknown>>;
/** Keys that are set, or with `undefined` removed. */
type Change = Readonly<Record<string, unknown>>;

const fixture = (name: string): Config => parseConfig(readFileSync(new URL(`../fixtures/arch/${name}/config.json`, import.meta.url), 'utf8'), 'config.json');
const changed = (config: Config, change: Change): Config => Object.fromEntries(Object.entries({ ...config, ...change }).filter(([, value]) => value !== undefined));

interface Variants {
  /** Other ways to write the fixture's config. */
  readonly same: readonly (readonly [name: string, config: (fixture: Config) => Config])[];
  /** Keys that need not be there, with what they then are; `besides` is changed too, so that the fixture's other keys go with them. */
  readonly defaults?: { readonly values: Change; readonly besides?: Change };
  /** Changes that make another model. */
  readonly other: readonly (readonly [name: string, change: Change])[];
  readonly refused: readonly (readonly [key: string, value: unknown])[];
  /** Names in a checkpoint and what they are to the model; undefined: not read. */
  readonly names: readonly (readonly [stored: string, name: string | undefined])[];
}

const legacyGemma: Change = { rope_parameters: undefined, rope_theta: 1e6, rope_local_base_freq: 1e4, layer_types: undefined, sliding_window_pattern: 6, _sliding_window_pattern: undefined };

/** LFM2's first configs. */
const legacyLfm2: Change = { rope_parameters: undefined, theta: 1e6, intermediate_size: undefined, block_ff_dim: 96, tie_word_embeddings: undefined, tie_embedding: true, layer_types: undefined, full_attn_idxs: [2, 4], block_use_swiglu: true };

const qwenExperts: Pick<Variants, 'other'> = {
  other: [
    ['more experts for a token', { num_experts_per_tok: 3 }],
    ['wider shared experts', { shared_expert_intermediate_size: 64 }],
    ['another share of the head that rotates', { rope_parameters: undefined, partial_rotary_factor: 0.5 }],
  ],
};

const VARIANTS: Readonly<Record<string, Variants>> = {
  lfm2: {
    same: [
      ['with the names of its first configs', (c) => changed(c, legacyLfm2)],
      ['without what are defaults', (c) => changed(c, { rope_parameters: undefined, norm_eps: undefined, conv_L_cache: undefined, conv_bias: undefined, tie_word_embeddings: undefined })],
      ['with its MLP\'s size to be adjusted', (c) => changed(c, { intermediate_size: 100, block_auto_adjust_ff_dim: undefined, block_ffn_dim_multiplier: 1.3, block_multiple_of: 24 })],
      ['with its MLP\'s size to be adjusted and not rounded', (c) => changed(c, { intermediate_size: 145, block_auto_adjust_ff_dim: true, block_ffn_dim_multiplier: null })],
      ['as the text part of a multimodal model', ({ model_type: _, tie_word_embeddings, ...text_config }) => ({ model_type: 'lfm2_vl', tie_word_embeddings, text_config, vision_config: {} })],
    ],
    other: [
      ['an MLP of the size that defaults make', { block_auto_adjust_ff_dim: undefined }],
      ['attention in all layers', { layer_types: undefined }],
      ['biases of its convolutions', { conv_bias: true }],
      ['a longer convolution', { conv_L_cache: 4 }],
      ['an output matrix of its own', { tie_word_embeddings: false }],
    ],
    refused: [['layer_types', ['conv']], ['block_use_swiglu', false]],
    names: [
      ['model.language_model.layers.0.conv.in_proj.weight', 'model.layers.0.conv.in_proj.weight'],
      ['model.vision_tower.vision_model.encoder.layers.0.layer_norm1.weight', undefined],
      ['model.multi_modal_projector.linear_1.weight', undefined],
      ['lm_head.weight', undefined],
    ],
  },
  lfm2_moe: {
    same: [['without what are defaults', (c) => changed(c, { norm_topk_prob: undefined, routed_scaling_factor: undefined, use_expert_bias: undefined, tie_word_embeddings: undefined })]],
    other: [
      ['weights as they are scored', { norm_topk_prob: false }],
      ['weights times a factor', { routed_scaling_factor: 2.5 }],
      ['choices without a bias', { use_expert_bias: false }],
      ['as many dense layers as by default', { num_dense_layers: undefined }],
    ],
    refused: [['num_experts_per_tok', 7], ['norm_topk_prob', 1]],
    names: [['model.layers.1.feed_forward.expert_bias', 'model.layers.1.feed_forward.expert_bias']],
  },
  qwen3_next: {
    same: [
      ['without what are defaults', (c) => changed(c, { layer_types: undefined, mlp_only_layers: undefined, decoder_sparse_step: undefined, norm_topk_prob: undefined, intermediate_size: undefined, partial_rotary_factor: undefined, rope_parameters: undefined, tie_word_embeddings: undefined })],
      ['with what layers attend as an interval', (c) => changed(c, { layer_types: undefined, full_attention_interval: 4 })],
      ['with the experts\' other name', ({ num_experts, ...c }) => ({ ...c, num_local_experts: num_experts })],
    ],
    other: [
      ...qwenExperts.other,
      ['weights as they are scored', { norm_topk_prob: false }],
      ['experts in every other layer', { decoder_sparse_step: 2 }],
      ['MLPs in the layers named', { mlp_only_layers: [1] }],
      ['another interval of attention', { layer_types: undefined, full_attention_interval: 2 }],
    ],
    refused: [['mlp_only_layers', 1], ['layer_types', ['full_attention']], ['shared_expert_intermediate_size', 0]],
    names: [['mtp.layers.0.mlp.gate.weight', undefined], ['model.layers.0.mlp.shared_expert_gate.weight', 'model.layers.0.mlp.shared_expert_gate.weight']],
  },
  qwen3_5_moe_text: {
    same: [
      ['with a switch that it does not know', (c) => changed(c, { norm_topk_prob: false, mlp_only_layers: [1], decoder_sparse_step: 2 })],
      ['as the text part of a multimodal model', ({ model_type: _, tie_word_embeddings, ...text_config }) => ({ model_type: 'qwen3_5_moe', tie_word_embeddings, text_config, vision_config: {} })],
    ],
    other: qwenExperts.other,
    refused: [['moe_intermediate_size', 0]],
    names: [
      ['model.language_model.layers.0.mlp.experts.gate_up_proj', 'model.layers.0.mlp.experts.gate_up_proj'],
      ['model.visual.patch_embed.proj.weight', undefined],
      ['mtp.fc.weight', undefined],
    ],
  },
  falcon_h1: {
    same: [
      ['with the names of older versions', (c) => changed(c, { rope_parameters: undefined, rope_theta: 1e4, attn_layer_indices: null })],
      ['with the mixer\'s width derived', (c) => changed(c, { mamba_d_ssm: null, mamba_d_head: 'auto' })],
    ],
    defaults: {
      values: {
        hidden_size: 4096, num_attention_heads: 32, num_key_value_heads: 8, intermediate_size: 14_336, max_position_embeddings: 8192, rms_norm_eps: 1e-5, tie_word_embeddings: false, hidden_act: 'silu',
        attention_bias: false, mlp_bias: false, projectors_bias: false, mamba_d_ssm: 1024, mamba_n_heads: 128, mamba_d_head: 'auto', mamba_n_groups: 1, mamba_d_state: 256, mamba_d_conv: 4, mamba_expand: 2,
        mamba_conv_bias: true, mamba_proj_bias: false, mamba_rms_norm: false, mamba_norm_before_gate: true, embedding_multiplier: 1, lm_head_multiplier: 1, attention_in_multiplier: 1, attention_out_multiplier: 1,
        key_multiplier: 1, ssm_in_multiplier: 1, ssm_out_multiplier: 1, ssm_multipliers: [1, 1, 1, 1, 1], mlp_multipliers: [1, 1],
      },
    },
    other: [
      ['a norm in the mixer', { mamba_rms_norm: true }],
      ['a bias on one projection of the mixer', { projectors_bias: true }],
      ['a factor of the logits', { lm_head_multiplier: 0.5 }],
      ['heads that share nothing', { num_key_value_heads: null }],
    ],
    refused: [['ssm_multipliers', [1, 1, 1, 1]], ['mlp_multipliers', [1]], ['key_multiplier', '1'], ['mamba_n_heads', 7], ['time_step_limit', [0.1]]],
    names: [['model.layers.0.feed_forward.up_proj.weight', 'model.layers.0.feed_forward.up_proj.weight']],
  },
  gemma3_text: {
    same: [
      ['with the names of older versions', (c) => changed(c, legacyGemma)],
      ['without what are defaults', (c) => changed(c, { ...legacyGemma, rope_theta: undefined, rope_local_base_freq: undefined, sliding_window_pattern: undefined, tie_word_embeddings: undefined, hidden_activation: undefined, rms_norm_eps: undefined, attention_bias: undefined })],
      ['with thetas beside their sections', (c) => changed(c, { rope_parameters: { full_attention: { rope_type: 'default' }, sliding_attention: { rope_type: 'default' } }, rope_theta: 1e6, rope_local_base_freq: 1e4 })],
      ['as the text part of a multimodal model', ({ model_type: _, tie_word_embeddings, ...text_config }) => ({ model_type: 'gemma3', tie_word_embeddings, text_config, vision_config: {} })],
    ],
    other: [
      ['a rotary scaling, of the global layers alone', { ...legacyGemma, rope_scaling: { rope_type: 'linear', factor: 8 } }],
      ['another local theta', { ...legacyGemma, rope_local_base_freq: 2e4 }],
      ['a soft cap of the logits', { final_logit_softcapping: 30 }],
      ['another scale of the scores', { query_pre_attn_scalar: 32 }],
    ],
    refused: [['attn_logit_softcapping', 50], ['use_bidirectional_attention', true], ['hidden_activation', 'gelu'], ['layer_types', ['full_attention']]],
    names: [
      ['language_model.model.layers.0.mlp.up_proj.weight', 'model.layers.0.mlp.up_proj.weight'],
      ['model.language_model.norm.weight', 'model.norm.weight'],
      ['model.vision_tower.vision_model.head.weight', undefined],
      ['multi_modal_projector.mm_input_projection_weight', undefined],
      ['language_model.lm_head.weight', undefined],
    ],
  },
  jamba: {
    same: [
      ['with a key from before transformers knew the model', (c) => ({ ...c, mamba_inner_layernorms: true, sliding_window: null })],
    ],
    defaults: {
      values: {
        num_key_value_heads: 8, max_position_embeddings: 262_144, rms_norm_eps: 1e-6, tie_word_embeddings: false, hidden_act: 'silu',
        num_experts: 16, num_experts_per_tok: 2, attn_layer_period: 8, attn_layer_offset: 4, expert_layer_period: 2, expert_layer_offset: 1,
        mamba_d_state: 16, mamba_d_conv: 4, mamba_expand: 2, mamba_dt_rank: 'auto', mamba_conv_bias: true, mamba_proj_bias: false,
      },
      besides: { num_hidden_layers: 9, num_attention_heads: 8, head_dim: 8 },
    },
    other: [
      ['a rank of step sizes that is derived', { mamba_dt_rank: 'auto' }],
      ['heads that share nothing, as old configs say it', { num_key_value_heads: null }],
      ['a single expert', { num_experts: 1 }],
      ['biases on its projections', { mamba_proj_bias: true }],
    ],
    refused: [['mamba_inner_layernorms', false], ['sliding_window', 64], ['mamba_dt_rank', 'all'], ['attn_layer_offset', 4], ['expert_layer_offset', 2]],
    names: [['lm_head.weight', 'lm_head.weight']],
  },
  kimi_linear: {
    same: [
      ['as its authors write it', (c) => changed(c, {
        layer_types: undefined, linear_num_heads: undefined, linear_head_dim: undefined, linear_conv_kernel_dim: undefined, linear_attn_config: { kda_layers: [1, 2, 3, 4], full_attn_layers: [], num_heads: 4, head_dim: 16, short_conv_kernel_size: 4 },
        mlp_layer_types: undefined, first_k_dense_replace: 1, moe_layer_freq: 1, moe_router_activation_func: 'sigmoid', rope_theta: 1e4, rope_scaling: null,
      })],
      ['with the names that transformers has in memory', (c) => changed(c, {
        num_experts: undefined, num_local_experts: 4, num_experts_per_token: undefined, num_experts_per_tok: 2, num_expert_group: undefined, n_group: 1, num_shared_experts: undefined, n_shared_experts: 1,
        moe_renormalize: undefined, norm_topk_prob: true, model_max_length: undefined, max_position_embeddings: 4096,
      })],
    ],
    defaults: {
      values: {
        hidden_size: 2304, intermediate_size: 9216, moe_intermediate_size: 1024, num_attention_heads: 32, num_key_value_heads: 32, kv_lora_rank: 512, q_lora_rank: null, qk_rope_head_dim: 64, qk_nope_head_dim: 128, v_head_dim: 128,
        num_experts: 256, num_experts_per_token: 8, num_expert_group: 1, topk_group: 1, num_shared_experts: 1, moe_renormalize: true, routed_scaling_factor: 2.446, hidden_act: 'silu', model_max_length: 1_048_576, rms_norm_eps: 1e-5,
        tie_word_embeddings: false, linear_head_dim: 128, linear_num_heads: 32, linear_conv_kernel_dim: 4, mla_use_nope: true,
        layer_types: ['linear_attention', 'linear_attention', 'linear_attention', 'linear_attention', 'full_attention'], mlp_layer_types: ['dense', 'sparse', 'sparse', 'sparse', 'sparse'],
      },
      besides: { num_hidden_layers: 5 },
    },
    other: [
      ['latent attention', { layer_types: ['linear_attention', 'full_attention', 'linear_attention', 'linear_attention'] }],
      ['groups of experts', { num_expert_group: 2 }],
      ['no shared expert', { num_shared_experts: 0 }],
      ['weights that do not add up', { moe_renormalize: false }],
      ['experts in every other layer', { mlp_layer_types: undefined, first_k_dense_replace: 0, moe_layer_freq: 2 }],
    ],
    refused: [
      ['mla_use_nope', false], ['num_key_value_heads', 2], ['v_head_dim', 20], ['qk_rope_head_dim', 6], ['qk_rope_head_dim', 244], ['kv_lora_rank', 22],
      ['num_expert_group', 3], ['topk_group', 2], ['moe_router_activation_func', 'softmax'], ['mlp_layer_types', ['dense']],
    ],
    names: [
      ['model.layers.0.block_sparse_moe.gate_proj.weight', 'model.layers.0.mlp.gate_proj.weight'],
      ['model.layers.0.mlp.gate_proj.weight', 'model.layers.0.mlp.gate_proj.weight'],
      ['model.layers.1.block_sparse_moe.experts.0.w1.weight', 'model.layers.1.mlp.experts.0.w1.weight'],
    ],
  },
  minimax: {
    same: [
      ['without factors and a window', (c) => changed(c, { full_attn_alpha_factor: undefined, linear_attn_beta_factor: undefined, mlp_alpha_factor: undefined, sliding_window: undefined, block_size: undefined })],
      ['as its authors write it', (c) => changed(c, { model_type: 'minimax_text_01', postnorm: true, layer_types: undefined, attn_type_list: [0, 1, 0, 1], rope_parameters: undefined, rope_theta: 1e6, rotary_dim: 16, shared_intermediate_size: 0 })],
    ],
    defaults: {
      values: {
        hidden_size: 4096, num_attention_heads: 32, num_key_value_heads: 8, intermediate_size: 14_336, max_position_embeddings: 131_072, rms_norm_eps: 1e-5, tie_word_embeddings: false, hidden_act: 'silu',
        num_local_experts: 8, num_experts_per_tok: 2, layer_types: ['full_attention', 'linear_attention', 'full_attention', 'linear_attention'],
      },
    },
    other: [
      ['half a head that rotates', { rotary_dim: 8 }],
      ['residuals that were not normalised', { postnorm: false }],
      ['a factor of the residual', { mlp_alpha_factor: 3.5 }],
      ['a factor of what the experts add', { mlp_beta_factor: 0.5 }],
      ['heads that share nothing', { num_key_value_heads: null }],
    ],
    refused: [['attn_type_list', [0, 1]], ['shared_intermediate_size', 64], ['rotary_dim', 20], ['linear_attn_alpha_factor', '1'], ['layer_types', ['full_attention']]],
    names: [
      ['model.layers.0.self_attn.slope_rate', undefined],
      ['model.layers.0.self_attn.diagonal_decay', undefined],
      ['model.layers.1.mlp.experts.gate_up_proj', 'model.layers.1.block_sparse_moe.experts.gate_up_proj'],
    ],
  },
  olmo_hybrid: {
    same: [
      ['without what are defaults', (c) => changed(c, { layer_types: undefined, linear_allow_neg_eigval: undefined, linear_conv_kernel_dim: undefined, linear_value_head_dim: undefined, linear_num_key_heads: undefined, linear_num_value_heads: undefined, attention_bias: undefined, rms_norm_eps: undefined, tie_word_embeddings: undefined, hidden_act: undefined })],
      ['with a theta beside no parameters', (c) => changed(c, { rope_parameters: null, rope_theta: 1e4 })],
    ],
    other: [
      ['no theta, which is no rotation', { rope_parameters: null }],
      ['β up to 1', { linear_allow_neg_eigval: false }],
      ['attention in the second layer', { layer_types: ['linear_attention', 'full_attention', 'linear_attention', 'full_attention'] }],
    ],
    refused: [['linear_num_key_heads', 3], ['linear_key_head_dim', 257], ['hidden_act', 'gelu'], ['layer_types', ['full_attention']]],
    names: [
      ['model.layers.0.attention_layer_norm.weight', 'model.layers.0.input_layernorm.weight'],
      ['model.layers.0.input_layernorm.weight', 'model.layers.0.input_layernorm.weight'],
      ['model.layers.0.feedforward_layer_norm.weight', 'model.layers.0.post_attention_layernorm.weight'],
      ['model.layers.3.post_feedforward_layernorm.weight', 'model.layers.3.post_feedforward_layernorm.weight'],
      ['mtp.layers.0.norm.weight', undefined],
      ['lm_head.weight', 'lm_head.weight'],
    ],
  },
  recurrent_gemma: {
    same: [
      ['with the names of older versions', (c) => changed(c, { rope_parameters: undefined, rope_theta: 1e4, embeddings_scale_by_sqrt_dim: true })],
      ['with its blocks written out', (c) => ({ ...c, block_types: ['recurrent', 'recurrent', 'attention', 'recurrent'] })],
    ],
    defaults: {
      values: {
        head_dim: 12, lru_width: 48, attention_window_size: 2048, conv1d_width: 4, logits_soft_cap: 30, rms_norm_eps: 1e-6, hidden_activation: 'gelu_pytorch_tanh', partial_rotary_factor: 0.5,
        rope_parameters: { rope_type: 'default', rope_theta: 1e4 }, block_types: ['recurrent', 'recurrent', 'attention'], num_key_value_heads: 4, attention_bias: false, tie_word_embeddings: true,
      },
    },
    other: [
      ['biases of q, k and v', { attention_bias: true }],
      ['blocks in another order', { block_types: ['attention', 'recurrent'] }],
      ['a narrower recurrence', { lru_width: 40 }],
      ['another soft cap', { logits_soft_cap: 20 }],
    ],
    refused: [['lru_width', 50], ['block_types', []], ['logits_soft_cap', 0], ['hidden_activation', 'relu']],
    names: [['model.layers.0.temporal_block.rg_lru.recurrent_param', 'model.layers.0.temporal_block.rg_lru.recurrent_param']],
  },
  xlstm: {
    same: [
      ['with the names that the authors\' package has', (c) => changed(c, { hidden_size: undefined, num_hidden_layers: undefined })],
      ['with kernels that compute the same', (c) => ({ ...c, chunkwise_kernel: 'chunkwise--triton_xl_chunk', sequence_kernel: 'native_sequence__triton', step_kernel: 'triton', chunk_size: 128, mode: 'train', autocast_kernel_dtype: 'float32' })],
    ],
    defaults: {
      values: { embedding_dim: 64, num_blocks: 2, num_heads: 8, norm_eps: 1e-6, eps: 1e-6, qk_dim_factor: 0.5, v_dim_factor: 1, ffn_proj_factor: 2.667, ffn_round_up_to_multiple_of: 64, gate_soft_cap: 15, output_logit_soft_cap: 30, weight_mode: 'single', use_bias: false, tie_word_embeddings: false },
    },
    other: [
      ['projections in one tensor each', { weight_mode: 'fused' }],
      ['an MLP that is not rounded up', { ffn_proj_factor: 2, ffn_round_up_to_multiple_of: 1 }],
      ['other caps', { gate_soft_cap: 10 }],
      ['another eps of the divisor', { eps: 1e-3 }],
      ['longer keys', { qk_dim_factor: 1 }],
    ],
    refused: [['use_bias', true], ['num_blocks', 3], ['embedding_dim', 32], ['qk_dim_factor', 0.4], ['v_dim_factor', 0], ['ffn_proj_factor', 0], ['weight_mode', 'split'], ['gate_soft_cap', 0], ['output_logit_soft_cap', -1]],
    names: [
      ['backbone.blocks.0.mlstm_layer.query.weight', 'backbone.blocks.0.mlstm_layer.q.weight'],
      ['backbone.blocks.0.mlstm_layer.value.weight', 'backbone.blocks.0.mlstm_layer.v.weight'],
      ['backbone.blocks.1.mlstm_layer.k.weight', 'backbone.blocks.1.mlstm_layer.k.weight'],
    ],
  },
  zamba2: {
    same: [
      ['with the layer types of older versions', (c) => changed(c, { layers_block_type: ['mamba', 'hybrid', 'mamba', 'hybrid'], rope_parameters: undefined, rope_theta: 1e4 })],
      ['with the other name of layer types', (c) => changed(c, { layers_block_type: undefined, layer_types: ['linear_attention', 'hybrid', 'linear_attention', 'hybrid'] })],
      ['with the hybrid layers alone', (c) => changed(c, { layers_block_type: undefined })],
      ['with the mixer\'s heads derived', (c) => changed(c, { mamba_headdim: undefined })],
    ],
    defaults: {
      values: {
        hidden_size: 2560, num_hidden_layers: 54, num_attention_heads: 32, intermediate_size: 10_240, max_position_embeddings: 4096, rms_norm_eps: 1e-5, tie_word_embeddings: true, hidden_act: 'gelu', add_bias_linear: false,
        mamba_expand: 2, mamba_ngroups: 1, mamba_d_state: 64, mamba_d_conv: 4, use_conv_bias: true, num_mem_blocks: 1, adapter_rank: 128, use_mem_rope: false, use_shared_attention_adapter: false, use_long_context: false, time_step_min: 0.001,
        layers_block_type: Array.from({ length: 54 }, (_, i) => ([6, 12, 18, 24, 30, 36, 42, 47, 51].includes(i) ? 'hybrid' : 'mamba')),
      },
      besides: { hybrid_layer_ids: null, mamba_headdim: null, num_key_value_heads: null, n_mamba_heads: 80 },
    },
    other: [
      ['two blocks', { num_mem_blocks: 2 }],
      ['no rotation', { use_mem_rope: false }],
      ['biases on its projections', { add_bias_linear: true }],
      ['adapters of its attention', { use_shared_attention_adapter: true }],
    ],
    refused: [['use_long_context', true], ['use_conv_bias', false], ['layers_block_type', ['hybrid']], ['n_mamba_heads', 7], ['mamba_headdim', 16], ['hidden_act', 'relu']],
    names: [
      ['model.layers.1.shared_transformer.self_attn.q_proj.weight', 'model.shared_transformers.0.self_attn.q_proj.weight'],
      ['model.layers.3.shared_transformer.self_attn.q_proj.weight', undefined],
      ['model.layers.3.mamba_decoder.mamba.D', 'model.layers.3.mamba_decoder.mamba.D'],
      ['lm_head.weight', undefined],
    ],
  },
};

describe.each(Object.entries(VARIANTS))('%s', (name, { same, defaults, other, refused, names }) => {
  const config = fixture(name);

  test.each(same)('is the same %s', async (_, write) => {
    expect(await recordedModel(write(config))).toEqual(await recordedModel(config));
  });

  test.runIf(defaults)('is what its defaults say where it says nothing', async () => {
    const { values, besides } = { values: {}, ...defaults };
    const unsaid = Object.fromEntries(Object.keys(values).map((key) => [key, undefined]));
    expect(await recordedModel(changed(config, { ...unsaid, ...besides }))).toEqual(await recordedModel(changed(config, { ...values, ...besides })));
  });

  test.each(other)('is another with %s', async (_, change) => {
    expect(await recordedModel(changed(config, change))).not.toEqual(await recordedModel(config));
  });

  test.each(refused)('is refused with %s: %j', async (key, value) => {
    await expect(recordedModel({ ...config, [key]: value })).rejects.toMatchObject({ code: 'config', key });
  });

  test('knows the names of its tensors', async () => {
    const model = await parsedModel(config);
    expect(names.map(([stored]) => model.canonicalName(stored))).toEqual(names.map(([, wanted]) => wanted));
  });
});

test('the scaling of Gemma 3\'s rotary embedding leaves the local layers alone', async () => {
  const tables = async (change: Change): Promise<string[]> => {
    const { nodes } = (await recordedModel(changed(fixture('gemma3_text'), { ...legacyGemma, ...change }))) as { nodes: { op: string; attention: { rotary: { table: object } } }[] };
    return nodes.filter(({ op }) => op === 'softmaxAttention').map(({ attention }) => JSON.stringify(attention.rotary.table));
  };
  const [plain, stretched] = [await tables({}), await tables({ rope_scaling: { rope_type: 'linear', factor: 8 } })];
  expect(plain.map((table, i) => table === stretched[i])).toEqual([true, true, true, true, true, false]);
});
