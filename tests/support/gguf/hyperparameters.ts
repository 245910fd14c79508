import type { HubConfig } from './hub-checkpoint.ts';
import type { GgufMetadata, GgufValue } from './write-gguf.ts';

const ARCHITECTURES = { llama: 'llama', qwen3: 'qwen3', qwen3_5_text: 'qwen35', qwen3_moe: 'qwen3moe', gpt_oss: 'gpt-oss' } as const;

const integer = (value: number): GgufValue => ({ type: 'uint32', value });
const float = (value: number): GgufValue => ({ type: 'float32', value });

/** `set_gguf_parameters` of the converters: keys by `gguf-py/gguf/constants.py`. */
export function hyperparameters(c: HubConfig): GgufMetadata {
  const architecture = ARCHITECTURES[c.model_type];
  const { partial_rotary_factor: share = 1, mrope_section: sections = [11, 11, 10], rope_type: rope } = c.rope_parameters;
  const own: GgufMetadata = {
    block_count: integer(c.num_hidden_layers),
    context_length: integer(c.max_position_embeddings),
    embedding_length: integer(c.hidden_size),
    feed_forward_length: integer(c.intermediate_size),
    'attention.head_count': integer(c.num_attention_heads),
    'attention.head_count_kv': integer(c.num_key_value_heads),
    'attention.key_length': integer(c.head_dim),
    'attention.value_length': integer(c.head_dim),
    'attention.layer_norm_rms_epsilon': float(c.rms_norm_eps),
    'rope.freq_base': float(c.rope_parameters.rope_theta),
    ...(c.model_type === 'llama' && { vocab_size: integer(c.vocab_size), 'rope.dimension_count': integer(c.head_dim) }),
    ...(c.model_type === 'qwen3_5_text' && {
      'rope.dimension_count': integer(Math.trunc(c.head_dim * share)),
      'rope.dimension_sections': { type: 'array', of: 'int32', values: [...sections, 0] },
      full_attention_interval: integer(c.full_attention_interval ?? 4),
      'ssm.conv_kernel': integer(c.linear_conv_kernel_dim ?? 0),
      'ssm.state_size': integer(c.linear_key_head_dim ?? 0),
      'ssm.group_count': integer(c.linear_num_key_heads ?? 0),
      'ssm.time_step_rank': integer(c.linear_num_value_heads ?? 0),
      'ssm.inner_size': integer((c.linear_value_head_dim ?? 0) * (c.linear_num_value_heads ?? 0)),
    }),
    ...(c.num_local_experts !== undefined && {
      expert_count: integer(c.num_local_experts),
      expert_used_count: integer(c.num_experts_per_tok ?? 0),
      expert_feed_forward_length: integer(c.moe_intermediate_size ?? c.intermediate_size),
    }),
    ...(c.model_type === 'gpt_oss' && { 'attention.sliding_window': integer(c.sliding_window ?? 0) }),
    ...(rope === 'yarn' && yarn(c.rope_parameters)),
  };
  return {
    'general.architecture': { type: 'string', value: architecture },
    'general.name': { type: 'string', value: `tiny ${architecture}` },
    'general.quantization_version': integer(2),
    ...Object.fromEntries(Object.entries(own).map(([key, value]) => [`${architecture}.${key}`, value])),
  };
}

function yarn({ factor = 1, original_max_position_embeddings: length = 0 }: HubConfig['rope_parameters']): GgufMetadata {
  return {
    'rope.scaling.type': { type: 'string', value: 'yarn' },
    'rope.scaling.factor': float(factor),
    'rope.scaling.original_context_length': integer(length),
  };
}
