import type { JsonObject } from '../../checkpoint/checkpoint.ts';
import type { GgufArchitecture, GgufModel } from './architecture.ts';
import { denseConfig, denseNames } from './dense.ts';
import { expertCounts, expertNames } from './experts.ts';

function config(model: GgufModel): JsonObject {
  const { keys } = model;
  // What the experts' keys do not say, llama.cpp has as constants, as the model file has.
  keys.integer('attention.sliding_window', { min: 1 });
  const made = denseConfig(model, 'gpt_oss', { experts: true, fullEvery: 2 });
  return {
    ...made,
    ...expertCounts(keys),
    intermediate_size: keys.integer('expert_feed_forward_length', { min: 1 }),
    // The bounds of YaRN's ramp are not rounded in gpt-oss, of which a file says nothing. llama.cpp rounds them all the same.
    rope_parameters: { ...(made.rope_parameters as JsonObject), truncate: false },
  };
}

/** conversion/gpt_oss.py and src/models/openai-moe.cpp of llama.cpp. Of MXFP4 the converter moves the codes into ggml's order. */
export const gptOss: GgufArchitecture = {
  names: {
    ...denseNames,
    layer: {
      ...denseNames.layer,
      ...expertNames,
      'attn_sinks.weight': 'self_attn.sinks',
      post_attention_norm: 'post_attention_layernorm',
      ffn_gate_inp: 'mlp.router',
    },
  },
  config,
};
