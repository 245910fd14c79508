import type { GgufArchitecture } from './architecture.ts';
import { denseConfig, denseNames } from './dense.ts';
import { expertCounts, expertNames } from './experts.ts';

/** conversion/qwen.py of llama.cpp: as on the Hub. */
export const qwen2: GgufArchitecture = { names: denseNames, config: (model) => denseConfig(model, 'qwen2') };
export const qwen3: GgufArchitecture = { names: denseNames, config: (model) => denseConfig(model, 'qwen3') };

/** All layers have experts, whose weights are made to sum to 1: constants of llama.cpp's src/models/qwen3moe.cpp. */
export const qwen3moe: GgufArchitecture = {
  names: { ...denseNames, layer: { ...denseNames.layer, ...expertNames, ffn_gate_inp: 'mlp.gate' } },
  config: (model) => ({
    ...denseConfig(model, 'qwen3_moe', { experts: true }),
    ...expertCounts(model.keys),
    moe_intermediate_size: model.keys.integer('expert_feed_forward_length', { min: 1 }),
    norm_topk_prob: true,
  }),
};
