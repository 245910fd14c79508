import type { ConfigReader } from '../config/config-reader.ts';
import { register } from './architecture.ts';
import { layerCount } from './dimensions.ts';
import { qwenExperts } from './qwen-experts.ts';
import { qwenHybridConfig, qwenHybridForward, qwenHybridName, qwenHybridWeights, type QwenHybridConfig } from './qwen-hybrid.ts';
import { textConfig } from './text-config.ts';

function parse(outer: ConfigReader): QwenHybridConfig {
  const c = textConfig(outer);
  const mixture = qwenExperts(c, { renormalised: true, count: 256, perToken: 8 });
  return qwenHybridConfig(outer, { projections: 'apart', mlps: Array.from({ length: layerCount(c) }, () => mixture) });
}

/** Qwen3.5 with experts in every layer; also the text part of `qwen3_5_moe`. */
export const qwen3_5Moe = register({ parse, weights: qwenHybridWeights, canonicalName: qwenHybridName, forward: qwenHybridForward });
