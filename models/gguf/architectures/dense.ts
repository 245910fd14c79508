import type { JsonObject } from '../../checkpoint/checkpoint.ts';
import type { ConfigReader } from '../../config/config-reader.ts';
import { rotaryConfig } from '../rotary-config.ts';
import { shortestFloat } from '../shortest-float.ts';
import type { TensorNames } from '../tensor-names.ts';
import type { GgufModel } from './architecture.ts';

/** Of the decoders that Llama, Qwen and SmolLM share. */
export const denseNames = {
  model: { token_embd: 'model.embed_tokens', output_norm: 'model.norm', output: 'lm_head' },
  layers: 'model.layers',
  layer: {
    attn_norm: 'input_layernorm',
    attn_q: 'self_attn.q_proj',
    attn_k: 'self_attn.k_proj',
    attn_v: 'self_attn.v_proj',
    attn_output: 'self_attn.o_proj',
    attn_q_norm: 'self_attn.q_norm',
    attn_k_norm: 'self_attn.k_norm',
    ffn_norm: 'post_attention_layernorm',
    ffn_gate: 'mlp.gate_proj',
    ffn_up: 'mlp.up_proj',
    ffn_down: 'mlp.down_proj',
  },
} as const satisfies TensorNames;

/** Keys of llama.cpp that change what is computed, with the value at which they do not: what has no counterpart in these models' configs. */
const NEUTRAL: Readonly<Record<string, number>> = {
  expert_shared_count: 0,
  expert_weights_scale: 1,
  'attention.scale': 0,
  'attention.clamp_kqv': 0,
  'rope.scaling.attn_factor': 1,
  'rope.scaling.yarn_log_multiplier': 0,
  logit_scale: 0,
  embedding_scale: 0,
  residual_scale: 0,
};

/** Keys that mean nothing in a model without experts. */
const NO_EXPERTS: Readonly<Record<string, number>> = { expert_count: 0 };

export interface DenseOptions {
  /** It has experts, whose keys the caller reads. */
  readonly experts?: true;
  /** Every which layer attends fully, beside sliding windows and where the file has no pattern. Default: none. */
  readonly fullEvery?: number;
}

/** The config keys that all these decoders share. */
export function denseConfig({ keys, tensors, frequencyFactors }: GgufModel, modelType: string, { experts, fullEvery = 0 }: DenseOptions = {}): JsonObject {
  for (const [key, neutral] of Object.entries({ ...(experts ? {} : NO_EXPERTS), ...NEUTRAL })) {
    if ((keys.optionalNumber(key) ?? neutral) !== neutral) throw keys.error(key, `${neutral} or absent: ${modelType} models are supported without it`);
  }
  if (!keys.boolean('attention.causal', { default: true })) throw keys.error('attention.causal', 'true: only models that write text are supported');
  const hiddenSize = keys.integer('embedding_length', { min: 1 });
  const heads = keys.integer('attention.head_count', { min: 1 });
  const headDim = keys.integer('attention.key_length', { min: 1, default: Math.ceil(hiddenSize / heads) });
  if (keys.integer('attention.value_length', { default: headDim }) !== headDim) throw keys.error('attention.value_length', `the same as attention.key_length (${headDim})`);
  return {
    model_type: modelType,
    vocab_size: vocabularySize(keys, tensors),
    hidden_size: hiddenSize,
    intermediate_size: keys.integer('feed_forward_length', { min: 1 }),
    num_hidden_layers: keys.integer('block_count', { min: 1 }),
    num_attention_heads: heads,
    num_key_value_heads: keys.integer('attention.head_count_kv', { min: 1, default: heads }),
    head_dim: headDim,
    max_position_embeddings: keys.integer('context_length', { min: 1 }),
    rms_norm_eps: shortestFloat(keys.number('attention.layer_norm_rms_epsilon', { min: 0 })),
    attention_bias: tensors.has('blk.0.attn_q.bias'),
    mlp_bias: tensors.has('blk.0.ffn_up.bias'),
    tie_word_embeddings: isTied(tensors),
    ...rotaryConfig(keys, headDim, frequencyFactors),
    ...windows(keys, fullEvery),
  };
}

/** Rows of the embedding, which may be more than the vocabulary has tokens. */
export function vocabularySize(keys: ConfigReader, tensors: GgufModel['tensors']): number {
  return tensors.get('token_embd.weight')?.shape[0] ?? keys.integer('vocab_size', { min: 1 });
}

/** llama.cpp uses the embedding where there is no output matrix. */
export const isTied = (tensors: GgufModel['tensors']): boolean => !tensors.has('output.weight');

/** A window counts for the layers that the pattern marks, or for every layer but each n-th; without a pattern, n is `fullEvery`. */
function windows(keys: ConfigReader, fullEvery: number): JsonObject {
  const window = keys.optionalInteger('attention.sliding_window');
  if (window === undefined || window === 0) return {};
  const key = 'attention.sliding_window_pattern';
  const layers = keys.integer('block_count', { min: 1, max: MOST_LAYERS });
  const pattern = keys.has(key) && !Array.isArray(keys.raw(key)) ? everyNthFull(layers, keys.integer(key, { min: 1 })) : (keys.optionalArray(key) ?? everyNthFull(layers, fullEvery));
  if (!pattern.every((sliding) => typeof sliding === 'boolean')) throw keys.error(key, 'a whole number, or true or false for each layer');
  return { use_sliding_window: true, sliding_window: window, layer_types: pattern.slice(0, layers).map((sliding) => (sliding ? 'sliding_attention' : 'full_attention')) };
}

/** Bounds what a damaged header can make of a list. */
const MOST_LAYERS = 1024;

const everyNthFull = (layers: number, n: number): boolean[] => Array.from({ length: layers }, (_, i) => n === 0 || (i + 1) % n !== 0);
