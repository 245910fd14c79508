import { headDimOf, type Gpt2Config, type HubConfig, type RotaryConfig } from './hub-checkpoint.ts';
import { bools, f32, numbers, string, u32 } from './values.ts';
import type { WrittenMetadata } from './write-gguf.ts';

const ARCHITECTURES = { gpt2: 'gpt2', llama: 'llama', smollm3: 'smollm3', qwen2: 'qwen2', qwen3: 'qwen3', qwen3_5_text: 'qwen35', qwen3_moe: 'qwen3moe', gpt_oss: 'gpt-oss' } as const;

/** `set_gguf_parameters` of the converters: keys by `gguf-py/gguf/constants.py`. */
export function hyperparameters(config: HubConfig): WrittenMetadata {
  const architecture = ARCHITECTURES[config.model_type];
  const own = config.model_type === 'gpt2' ? gpt2Keys(config) : rotaryKeys(config);
  return [
    ['general.architecture', string(architecture)],
    ['general.name', string(`tiny ${architecture}`)],
    ['general.quantization_version', u32(2)],
    ...own.map(([key, value]) => [`${architecture}.${key}`, value] as const),
  ];
}

const gpt2Keys = (c: Gpt2Config): WrittenMetadata => [
  ['block_count', u32(c.n_layer)],
  ['context_length', u32(c.n_positions)],
  ['embedding_length', u32(c.n_embd)],
  ['feed_forward_length', u32(4 * c.n_embd)],
  ['attention.head_count', u32(c.n_head)],
  ['attention.layer_norm_epsilon', f32(c.layer_norm_epsilon)],
];

function rotaryKeys(c: RotaryConfig): WrittenMetadata {
  const headDim = headDimOf(c);
  return [
    ['block_count', u32(c.num_hidden_layers)],
    ['context_length', u32(c.max_position_embeddings)],
    ['embedding_length', u32(c.hidden_size)],
    ['feed_forward_length', u32(c.intermediate_size)],
    ['attention.head_count', u32(c.num_attention_heads)],
    ['attention.head_count_kv', u32(c.num_key_value_heads)],
    // The usual width, which is a share of the whole, goes without saying.
    ...(c.head_dim === undefined ? [] : ([['attention.key_length', u32(headDim)], ['attention.value_length', u32(headDim)]] as const)),
    ['attention.layer_norm_rms_epsilon', f32(c.rms_norm_eps)],
    ...windowKeys(c),
    ...ropeKeys(c),
    ...(c.model_type === 'llama' || c.model_type === 'smollm3' ? ([['vocab_size', u32(c.vocab_size)], ['rope.dimension_count', u32(headDim)]] as const) : []),
    ...(c.model_type === 'qwen3_5_text' ? mixerKeys(c) : []),
    ...(c.num_local_experts === undefined ? [] : expertKeys(c, c.num_local_experts)),
  ];
}

function windowKeys({ model_type: model, use_sliding_window: used, sliding_window: window, layer_types: types }: RotaryConfig): WrittenMetadata {
  // Which layers it is for, llama.cpp knows.
  if (model === 'gpt_oss') return [['attention.sliding_window', u32(window ?? 0)]];
  if (!used || !window || !types) return [];
  return [['attention.sliding_window', u32(window)], ['attention.sliding_window_pattern', bools(types.map((type) => type === 'sliding_attention'))]];
}

/** Of Llama 3's scaling there is no key: it is the tensor of `frequencyFactors`. */
function ropeKeys({ rope_parameters: rope }: RotaryConfig): WrittenMetadata {
  const base = [['rope.freq_base', f32(rope.rope_theta)]] as const;
  if (rope.rope_type !== 'linear' && rope.rope_type !== 'yarn') return base;
  const scaled = [...base, ['rope.scaling.type', string(rope.rope_type)], ['rope.scaling.factor', f32(rope.factor ?? 1)]] as const;
  return rope.rope_type === 'yarn' ? [...scaled, ['rope.scaling.original_context_length', u32(rope.original_max_position_embeddings ?? 0)]] : scaled;
}

/** Of Qwen3.5: the mixer of its recurrent layers, and which layers those are. */
function mixerKeys(c: RotaryConfig): WrittenMetadata {
  const rotaryDim = Math.trunc(headDimOf(c) * (c.rope_parameters.partial_rotary_factor ?? 1));
  const interval = c.full_attention_interval ?? 4;
  const regular = (c.layer_types ?? []).every((type, i) => (type === 'full_attention') === ((i + 1) % interval === 0));
  return [
    ['rope.dimension_count', u32(rotaryDim)],
    // How many pairs turn with each of an image's three positions, which take turns (`mrope_section`).
    ['rope.dimension_sections', numbers('i32', [...[0, 1, 2].map((position) => Math.ceil((rotaryDim / 2 - position) / 3)), 0])],
    regular ? ['full_attention_interval', u32(interval)] : ['attention.recurrent_layers', bools((c.layer_types ?? []).map((type) => type === 'linear_attention'))],
    ['ssm.conv_kernel', u32(c.linear_conv_kernel_dim ?? 0)],
    ['ssm.state_size', u32(c.linear_key_head_dim ?? 0)],
    ['ssm.group_count', u32(c.linear_num_key_heads ?? 0)],
    ['ssm.time_step_rank', u32(c.linear_num_value_heads ?? 0)],
    ['ssm.inner_size', u32((c.linear_value_head_dim ?? 0) * (c.linear_num_value_heads ?? 0))],
  ];
}

/** Of a mixture of experts, whose width gpt-oss has under another key than Qwen. */
const expertKeys = (c: RotaryConfig, count: number): WrittenMetadata => [
  ['expert_count', u32(count)],
  ['expert_used_count', u32(c.num_experts_per_tok ?? 0)],
  ['expert_feed_forward_length', u32(c.moe_intermediate_size ?? c.intermediate_size)],
];
