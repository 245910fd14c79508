import type { ConfigReader } from '../config/config-reader.ts';
import { register } from './architecture.ts';
import { sparseLayers, type Experts } from './experts.ts';
import { qwenExperts } from './qwen-experts.ts';
import { qwenHybridConfig, qwenHybridForward, qwenHybridName, qwenHybridWeights, type QwenHybridConfig } from './qwen-hybrid.ts';

function mlps(c: ConfigReader, layers: number): (number | Experts)[] {
  const mixture = qwenExperts(c, { renormalised: c.boolean('norm_topk_prob', { default: true }), count: 512, perToken: 10 });
  const width = c.integer('intermediate_size', { min: 1, default: 5632 });
  return sparseLayers(c, layers).map((sparse) => (sparse ? mixture : width));
}

const parse = (c: ConfigReader): QwenHybridConfig => qwenHybridConfig(c, { projections: 'by-head', mlps, defaults: { vocabularySize: 151_936, hiddenSize: 2048, layers: 48, kvHeads: 2 } });

/** Qwen3-Next: three layers of Gated DeltaNet to one of gated softmax attention, and experts in all but the layers that the config names. */
export const qwen3Next = register({ parse, weights: qwenHybridWeights, canonicalName: qwenHybridName, forward: qwenHybridForward });
