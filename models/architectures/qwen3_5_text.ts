import type { ConfigReader } from '../config/config-reader.ts';
import { register } from './architecture.ts';
import { layerCount } from './dimensions.ts';
import { qwenHybridConfig, qwenHybridForward, qwenHybridName, qwenHybridScalings, qwenHybridWeights, type QwenHybridConfig } from './qwen-hybrid.ts';
import { textConfig } from './text-config.ts';

function parse(outer: ConfigReader): QwenHybridConfig {
  const c = textConfig(outer);
  const width = c.integer('intermediate_size', { min: 1 });
  return qwenHybridConfig(outer, { projections: 'apart', mlps: Array.from({ length: layerCount(c) }, () => width) });
}

/** Qwen3.5: three layers of Gated DeltaNet to one of gated softmax attention; also the text part of `qwen3_5`. */
export const qwen3_5 = register({ parse, weights: qwenHybridWeights, canonicalName: qwenHybridName, scalings: qwenHybridScalings, forward: qwenHybridForward });
