import { shortestFloat } from '../shortest-float.ts';
import type { GgufArchitecture } from './architecture.ts';
import { isTied, vocabularySize } from './dense.ts';

/** conversion/gpt2.py of llama.cpp, which turns the Conv1D matrices [inputs, outputs] round. */
export const gpt2: GgufArchitecture = {
  names: {
    model: { token_embd: 'wte', position_embd: 'wpe', output_norm: 'ln_f', output: 'lm_head' },
    layers: 'h',
    layer: { attn_norm: 'ln_1', attn_qkv: 'attn.c_attn', attn_output: 'attn.c_proj', ffn_norm: 'ln_2', ffn_up: 'mlp.c_fc', ffn_down: 'mlp.c_proj' },
  },
  config: ({ keys, tensors }) => ({
    model_type: 'gpt2',
    vocab_size: vocabularySize(keys, tensors),
    n_embd: keys.integer('embedding_length', { min: 1 }),
    n_head: keys.integer('attention.head_count', { min: 1 }),
    n_layer: keys.integer('block_count', { min: 1 }),
    n_positions: keys.integer('context_length', { min: 1 }),
    n_inner: keys.integer('feed_forward_length', { min: 1 }),
    layer_norm_epsilon: shortestFloat(keys.number('attention.layer_norm_epsilon', { min: 0 })),
    tie_word_embeddings: isTied(tensors),
  }),
  stored: () => ({ part }) => (/^(attn_qkv|attn_output|ffn_up|ffn_down)\.weight$/.test(part) ? { transposed: true } : undefined),
};
