import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadModel, SluiceError } from '../../index.ts';

const fixture = (name: string): Record<string, unknown> => JSON.parse(readFileSync(new URL(`../fixtures/${name}/config.json`, import.meta.url), 'utf8'));

/** What a folder with nothing but this config fails with: nothing else is needed to refuse it. */
async function refusal(config: unknown): Promise<SluiceError> {
  const error: unknown = await loadModel([new File([JSON.stringify(config)], 'config.json')]).then(
    () => expect.fail('loading should have failed'),
    (reason: unknown) => reason,
  );
  if (error instanceof SluiceError) return error;
  throw error;
}

async function expectRefused(config: Record<string, unknown>, key: string): Promise<SluiceError> {
  const error = await refusal(config);
  expect(error).toMatchObject({ code: 'config', file: 'config.json', key });
  expect(error.message).toContain(`config.json: "${key}" must be `);
  return error;
}

/** A config that is in order gets as far as the weights, which are not there. */
const expectAccepted = async (config: Record<string, unknown>): Promise<void> => expect(await refusal(config)).toMatchObject({ code: 'checkpoint/missing-file', file: 'model.safetensors' });

const DENSE = { required: ['hidden_size', 'num_attention_heads', 'num_hidden_layers', 'vocab_size', 'intermediate_size'], counts: ['num_key_value_heads', 'head_dim', 'max_position_embeddings'] };

const MAMBA2 = ['mamba_n_heads', 'mamba_d_head', 'mamba_n_groups', 'mamba_d_state', 'mamba_d_conv'];
const ATTENTION = ['hidden_size', 'num_attention_heads', 'num_key_value_heads', 'max_position_embeddings'];

/** Keys by architecture: counts that must be there, and counts that may be left out. */
const KEYS: Readonly<Record<string, { readonly required: readonly string[]; readonly counts: readonly string[]; readonly eps: string; readonly activation: string }>> = {
  ...Object.fromEntries(['llama', 'qwen2', 'qwen3', 'smollm3'].map((name) => [name, { ...DENSE, eps: 'rms_norm_eps', activation: 'hidden_act' }])),
  gpt2: { required: ['n_embd', 'n_head', 'n_layer', 'vocab_size'], counts: ['n_positions', 'n_inner'], eps: 'layer_norm_epsilon', activation: 'activation_function' },
  qwen3_5_text: {
    required: [],
    counts: [...DENSE.required, ...DENSE.counts, 'linear_num_key_heads', 'linear_num_value_heads', 'linear_key_head_dim', 'linear_value_head_dim', 'linear_conv_kernel_dim'],
    eps: 'rms_norm_eps',
    activation: 'hidden_act',
  },
  gemma3_text: { required: [], counts: [...DENSE.required, ...DENSE.counts, 'sliding_window'], eps: 'rms_norm_eps', activation: 'hidden_activation' },
  olmo_hybrid: {
    required: DENSE.required,
    counts: [...DENSE.counts, 'linear_num_key_heads', 'linear_num_value_heads', 'linear_key_head_dim', 'linear_value_head_dim', 'linear_conv_kernel_dim'],
    eps: 'rms_norm_eps',
    activation: 'hidden_act',
  },
  qwen3_next: {
    required: [],
    counts: [...DENSE.required, ...DENSE.counts, 'full_attention_interval', 'decoder_sparse_step', 'num_experts', 'num_experts_per_tok', 'moe_intermediate_size', 'shared_expert_intermediate_size'],
    eps: 'rms_norm_eps',
    activation: 'hidden_act',
  },
  lfm2: { required: [], counts: [...DENSE.required, ...DENSE.counts, 'conv_L_cache'], eps: 'norm_eps', activation: 'hidden_act' },
  lfm2_moe: { required: [], counts: [...DENSE.required, ...DENSE.counts, 'conv_L_cache', 'num_experts', 'num_experts_per_tok', 'moe_intermediate_size'], eps: 'norm_eps', activation: 'hidden_act' },
  gpt_oss: { required: [...DENSE.required, 'num_local_experts', 'num_experts_per_tok'], counts: [...DENSE.counts, 'sliding_window'], eps: 'rms_norm_eps', activation: 'hidden_act' },
  mamba2: { required: ['vocab_size', 'num_hidden_layers'], counts: ['hidden_size', 'num_heads', 'head_dim', 'n_groups', 'state_size', 'conv_kernel'], eps: 'layer_norm_epsilon', activation: 'hidden_act' },
  bamba: { required: ['vocab_size', 'num_hidden_layers'], counts: [...ATTENTION, ...MAMBA2, 'intermediate_size'], eps: 'rms_norm_eps', activation: 'hidden_act' },
  granitemoehybrid: { required: ['vocab_size', 'num_hidden_layers'], counts: [...ATTENTION, ...MAMBA2, 'shared_intermediate_size'], eps: 'rms_norm_eps', activation: 'hidden_act' },
  nemotron_h: {
    required: ['vocab_size'],
    counts: [
      ...[...ATTENTION, 'head_dim', 'intermediate_size', 'mamba_num_heads', 'mamba_head_dim', 'n_groups', 'ssm_state_size', 'conv_kernel'],
      ...['n_routed_experts', 'num_experts_per_tok', 'moe_intermediate_size', 'moe_shared_expert_intermediate_size', 'n_group'],
    ],
    eps: 'layer_norm_epsilon',
    activation: 'mamba_hidden_act',
  },
  jamba: {
    required: DENSE.required,
    counts: ['num_key_value_heads', 'max_position_embeddings', 'num_experts', 'num_experts_per_tok', 'attn_layer_period', 'expert_layer_period', 'mamba_expand', 'mamba_d_state', 'mamba_d_conv', 'mamba_dt_rank'],
    eps: 'rms_norm_eps',
    activation: 'hidden_act',
  },
  recurrent_gemma: { required: DENSE.required, counts: ['num_key_value_heads', 'head_dim', 'lru_width', 'attention_window_size', 'conv1d_width'], eps: 'rms_norm_eps', activation: 'hidden_activation' },
  // Without an activation to choose, but with another choice.
  xlstm: { required: ['vocab_size'], counts: ['hidden_size', 'embedding_dim', 'num_hidden_layers', 'num_blocks', 'num_heads', 'ffn_round_up_to_multiple_of'], eps: 'norm_eps', activation: 'weight_mode' },
  kimi_linear: {
    required: ['num_hidden_layers', 'vocab_size'],
    counts: ['hidden_size', 'intermediate_size', 'moe_intermediate_size', 'model_max_length', 'num_attention_heads', 'qk_nope_head_dim', 'v_head_dim', 'num_experts', 'num_experts_per_token', 'linear_num_heads', 'linear_head_dim', 'linear_conv_kernel_dim'],
    eps: 'rms_norm_eps',
    activation: 'hidden_act',
  },
  qwen3_moe: {
    required: [...DENSE.required, 'num_local_experts', 'num_experts_per_tok', 'moe_intermediate_size'],
    counts: [...DENSE.counts, 'decoder_sparse_step'],
    eps: 'rms_norm_eps',
    activation: 'hidden_act',
  },
};

describe.each(Object.entries(KEYS))('%s', (name, { required, counts, eps, activation }) => {
  const good = fixture(`arch/${name}`);

  test('its own config is accepted', () => expectAccepted(good));

  test.each([...required, ...counts])('%s is no count', async (key) => {
    for (const value of [String(good[key] ?? 48), -1, 0, 1.5, true, [48], {}, 1e300]) await expectRefused({ ...good, [key]: value }, key);
  });

  test.each(required)('%s is absent', async (key) => {
    expect((await expectRefused({ ...good, [key]: null }, key)).message).toContain('is nothing');
    await expectRefused(Object.fromEntries(Object.entries(good).filter(([other]) => other !== key)), key);
  });

  test('other keys of the wrong kind', async () => {
    await expectRefused({ ...good, [eps]: '1e-6' }, eps);
    await expectRefused({ ...good, [eps]: -1e-6 }, eps);
    await expectRefused({ ...good, tie_word_embeddings: 'no' }, 'tie_word_embeddings');
    expect((await expectRefused({ ...good, [activation]: 'relu2' }, activation)).message).toContain('"relu2"');
  });

  test('a vocabulary that the sampler cannot take', async () => {
    expect((await expectRefused({ ...good, vocab_size: 524_289 }, 'vocab_size')).message).toContain('524288');
    await expectAccepted({ ...good, vocab_size: 524_288 });
  });
});

describe('keys that do not fit each other', () => {
  const llama = fixture('arch/llama');
  const hybrid = fixture('arch/qwen3_5_text');
  const smollm3 = fixture('arch/smollm3');
  const gptOss = fixture('arch/gpt_oss');
  const qwen3Moe = fixture('arch/qwen3_moe');
  const kimi = fixture('arch/kimi_linear');

  test.each([
    ['query heads that do not share the key heads evenly', { ...llama, num_key_value_heads: 3 }, 'num_key_value_heads'],
    ['more key heads than query heads', { ...llama, num_key_value_heads: 8 }, 'num_key_value_heads'],
    ['a hidden size that the heads do not share evenly', { ...llama, head_dim: null, num_attention_heads: 5, num_key_value_heads: 5 }, 'num_attention_heads'],
    ['heads whose size is no multiple of four', { ...llama, head_dim: null, num_attention_heads: 8 }, 'num_attention_heads'],
    ['a head_dim that is no multiple of four', { ...llama, head_dim: 18 }, 'head_dim'],
    ['a head_dim beyond the kernels', { ...llama, head_dim: 260 }, 'head_dim'],
    ['GPT-2 heads that do not divide', { ...fixture('arch/gpt2'), n_head: 5 }, 'n_head'],
    ['value heads that do not share the linear key heads evenly', { ...hybrid, linear_num_key_heads: 3 }, 'linear_num_key_heads'],
    ['a linear head beyond the kernels', { ...hybrid, linear_key_head_dim: 257 }, 'linear_key_head_dim'],
    ['a linear value head beyond the kernels', { ...hybrid, linear_value_head_dim: 257 }, 'linear_value_head_dim'],
    ['a convolution of one tap', { ...hybrid, linear_conv_kernel_dim: 1 }, 'linear_conv_kernel_dim'],
    ['too few layer types', { ...hybrid, layer_types: ['full_attention'] }, 'layer_types'],
    ['a layer type that nobody knows', { ...hybrid, layer_types: (hybrid.layer_types as string[]).with(3, 'mamba') }, 'layer_types.3'],
    ['layer types that are no list', { ...hybrid, layer_types: 'full_attention' }, 'layer_types'],
    ['a window that is no count', { ...fixture('arch/qwen2'), use_sliding_window: true, sliding_window: -1 }, 'sliding_window'],
    ['too few NoPE switches', { ...smollm3, no_rope_layers: [1] }, 'no_rope_layers'],
    ['a NoPE switch that is none', { ...smollm3, no_rope_layers: (smollm3.no_rope_layers as number[]).with(1, 2) }, 'no_rope_layers.1'],
    ['more experts for a token than there are', { ...gptOss, num_experts_per_tok: 5 }, 'num_experts_per_tok'],
    ['more experts than the kernels count', { ...gptOss, num_local_experts: 1025 }, 'num_local_experts'],
    ['more experts than the kernels count, under the other name', { ...qwen3Moe, num_experts: 1025 }, 'num_experts'],
    ['a gate without a sensible limit', { ...gptOss, swiglu_limit: -7 }, 'swiglu_limit'],
    ['a gate whose slope is no number', { ...gptOss, swiglu_alpha: '1.7' }, 'swiglu_alpha'],
    ['gpt-oss without a word on its rotary embedding', { ...gptOss, rope_parameters: null }, 'rope_parameters'],
    ['a switch for YaRN that is none', { ...gptOss, rope_parameters: { ...(gptOss.rope_parameters as object), truncate: 'no' } }, 'rope_parameters.truncate'],
    ['a layer type that gpt-oss does not have', { ...gptOss, layer_types: (gptOss.layer_types as string[]).with(2, 'linear_attention') }, 'layer_types.2'],
    ['dense layers that are no list', { ...qwen3Moe, mlp_only_layers: 1 }, 'mlp_only_layers'],
    ['a dense layer that is no number', { ...qwen3Moe, mlp_only_layers: [0, -1] }, 'mlp_only_layers.1'],
    ['a switch for weights of experts that is none', { ...qwen3Moe, norm_topk_prob: 1 }, 'norm_topk_prob'],
    ['a window of no tokens', { ...qwen3Moe, use_sliding_window: true, sliding_window: 0 }, 'sliding_window'],
    ['a Mamba-2 whose heads are not its width', { ...fixture('arch/mamba2'), num_heads: 4 }, 'num_heads'],
    ['an attending layer that is not there', { ...fixture('arch/bamba'), attn_layer_indices: [3] }, 'attn_layer_indices.0'],
    ['an activation that Nemotron’s MLPs do not have', { ...fixture('arch/nemotron_h'), mlp_hidden_act: 'silu' }, 'mlp_hidden_act'],
    ['biases beside experts', { ...fixture('arch/nemotron_h'), mlp_bias: true }, 'mlp_bias'],
    ['a layer that is in neither of two lists', { ...kimi, layer_types: null, linear_attn_config: { full_attn_layers: [4], kda_layers: [1, 3] } }, 'linear_attn_config.kda_layers'],
    ['layers that are counted from 0', { ...kimi, layer_types: null, linear_attn_config: { full_attn_layers: [3], kda_layers: [0, 1, 2] } }, 'linear_attn_config.kda_layers.0'],
    ['layers without end', { ...llama, num_hidden_layers: 1e9 }, 'num_hidden_layers'],
    ['a rotary type that nobody knows', { ...llama, rope_parameters: { rope_type: 'spiral' } }, 'rope_parameters.rope_type'],
    ['a rotary type that is not supported', { ...llama, rope_parameters: { rope_type: 'longrope', rope_theta: 1e4 } }, 'rope_parameters.rope_type'],
    ['an older rotary type', { ...llama, rope_parameters: null, rope_scaling: { type: 'dynamic', factor: 2 } }, 'rope_scaling.type'],
    ['a rotary factor of zero', { ...llama, rope_parameters: { rope_type: 'linear', factor: 0 } }, 'rope_parameters.factor'],
    ['a rotary theta in words', { ...llama, rope_parameters: { rope_theta: '1e4' } }, 'rope_parameters.rope_theta'],
    ['a rotary share that makes an odd number', { ...hybrid, partial_rotary_factor: 0.2 }, 'partial_rotary_factor'],
  ] as const)('%s', async (_, config, key) => {
    await expectRefused(config, key);
  });

  test.each([
    ['a Bamba without attention', { ...fixture('arch/bamba'), attn_layer_indices: null }],
    ['a Granite without mixers, which rotates', { ...fixture('arch/granitemoehybrid'), layer_types: ['attention', 'attention', 'attention', 'attention'], position_embedding_type: 'rope' }],
    ['a Granite whose layers have their older names, and a word for not rotating', { ...fixture('arch/granitemoehybrid'), layer_types: null, layers_block_type: ['mamba', 'mamba', 'attention', 'mamba'], position_embedding_type: 'nope' }],
    ['a Nemotron with a character for each layer', { ...fixture('arch/nemotron_h'), layers_block_type: null, hybrid_override_pattern: 'M-M*E', num_hidden_layers: 5 }],
  ])('accepts %s', async (_, config) => {
    await expectAccepted(config);
  });

  test('inside text_config the whole path is named', async () => {
    const { model_type: _, ...text_config } = hybrid;
    const outer = { model_type: 'qwen3_5', text_config };
    await expectAccepted(outer);
    await expectRefused({ ...outer, text_config: { ...text_config, head_dim: 18 } }, 'text_config.head_dim');
    await expectRefused({ ...outer, text_config: { ...text_config, rope_parameters: { rope_type: 'spiral' } } }, 'text_config.rope_parameters.rope_type');
    await expectRefused({ ...outer, text_config: 'none' }, 'text_config');
  });
});

describe('models that are not supported', () => {
  test('by their type', async () => {
    expect(await refusal({ model_type: 'bert' })).toMatchObject({ code: 'load/unsupported-model', modelType: 'bert' });
    expect(await refusal({ model_type: 'constructor' })).toMatchObject({ code: 'load/unsupported-model' });
    await expectRefused({ hidden_size: 48 }, 'model_type');
    await expectRefused({ model_type: 7 }, 'model_type');
  });

  test.each(['hqq', 'aqlm', 'quip', 'eetq'])('by how they are packed: %s', async (method) => {
    const config = { ...fixture('quant/llama-gptq-g32'), quantization_config: { quant_method: method, bits: 4 } };
    expect(await refusal(config)).toMatchObject({ code: 'load/unsupported-quantization', method });
    expect(await refusal({ model_type: 'qwen3_5', text_config: { ...fixture('quant/qwen3_5-gptq-act-g32'), quantization_config: config.quantization_config } })).toMatchObject({ code: 'load/unsupported-quantization', method });
    await expectRefused({ ...config, quantization_config: { bits: 4 } }, 'quantization_config.quant_method');
  });
});
