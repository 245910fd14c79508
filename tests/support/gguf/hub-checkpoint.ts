/** The keys of a Hub configuration that conversion to GGUF reads, as transformers 5 writes them. */
export interface HubConfig {
  readonly model_type: 'llama' | 'qwen3' | 'qwen3_5_text' | 'qwen3_moe' | 'gpt_oss';
  readonly vocab_size: number;
  readonly hidden_size: number;
  readonly intermediate_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly num_key_value_heads: number;
  readonly head_dim: number;
  readonly max_position_embeddings: number;
  readonly rms_norm_eps: number;
  readonly rope_parameters: {
    readonly rope_type: 'default' | 'yarn';
    readonly rope_theta: number;
    readonly partial_rotary_factor?: number;
    readonly mrope_section?: readonly number[];
    readonly factor?: number;
    readonly original_max_position_embeddings?: number;
  };
  readonly tie_word_embeddings: boolean;
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
  readonly sliding_window?: number;
}

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
