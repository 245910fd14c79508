import type { ConfigReader } from '../config/config-reader.ts';
import { register } from './architecture.ts';
import { layerCount } from './dimensions.ts';
import { qwenExperts, sparseLayers } from './qwen-experts.ts';
import { qwenHybridConfig, qwenHybridForward, qwenHybridName, qwenHybridWeights, type QwenHybridConfig } from './qwen-hybrid.ts';

function parse(c: ConfigReader): QwenHybridConfig {
  const mixture = qwenExperts(c, { renormalised: c.boolean('norm_topk_prob', { default: true }), count: 512, perToken: 10 });
  const sparse = sparseLayers(c, layerCount(c));
  const width = sparse.every(Boolean) ? 0 : c.integer('intermediate_size', { min: 1 });
  return qwenHybridConfig(c, { projections: 'by-head', mlps: sparse.map((is) => (is ? mixture : width)) });
}

/** Qwen3-Next: three layers of Gated DeltaNet to one of gated softmax attention, and experts in all but the layers that the config names. */
export const qwen3Next = register({ parse, weights: qwenHybridWeights, canonicalName: qwenHybridName, forward: qwenHybridForward });
