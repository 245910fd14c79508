/** The keys of a Hub configuration that conversion to GGUF reads, as transformers 5 writes them. */
export type HubConfig = RotaryConfig | Gpt2Config;

interface AnyConfig {
  readonly vocab_size: number;
  readonly bos_token_id?: number;
  readonly eos_token_id?: number;
  readonly tie_word_embeddings: boolean;
}

/** Of the decoders that share Llama's names. */
export interface RotaryConfig extends AnyConfig {
  readonly model_type: 'llama' | 'smollm3' | 'qwen2' | 'qwen3' | 'qwen3_5_text' | 'qwen3_moe' | 'gpt_oss';
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim?: number;
  readonly max_position_embeddings: number;
  readonly rms_norm_eps: number;
  readonly rope_parameters: RopeParameters;
  readonly use_sliding_window?: boolean;
  readonly sliding_window?: number | null;
  readonly full_attention_interval?: number;
  readonly layer_types?: readonly string[];
  readonly linear_conv_kernel_dim?: number;
  readonly linear_key_head_dim?: number;
  readonly linear_value_head_dim?: number;
  readonly linear_num_key_heads?: number;
  readonly linear_num_value_heads?: number;
  readonly num_local_experts?: number;
  readonly num_experts_per_tok?: number;
  readonly moe_intermediate_size?: number;
  readonly norm_topk_prob?: boolean;
}

interface RopeParameters {
  readonly rope_type: 'default' | 'linear' | 'yarn' | 'llama3';
  readonly rope_theta: number;
  readonly partial_rotary_factor?: number;
  readonly factor?: number;
  readonly low_freq_factor?: number;
  readonly high_freq_factor?: number;
  readonly original_max_position_embeddings?: number;
}

export interface Gpt2Config extends AnyConfig {
  readonly model_type: 'gpt2';
  readonly n_embd: number;
  readonly n_head: number;
  readonly n_layer: number;
  readonly n_positions: number;
  readonly layer_norm_epsilon: number;
}

export const headDimOf = ({ head_dim: own, hidden_size: hidden, num_attention_heads: heads }: RotaryConfig): number => own ?? hidden / heads;

/** A tensor under its name on the Hub, in f32. */
export interface HubTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
}

export interface HubCheckpoint {
  readonly config: HubConfig;
  readonly tensors: readonly HubTensor[];
}
