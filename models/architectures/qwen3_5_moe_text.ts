import type { ConfigReader } from '../config/config-reader.ts';
import { register } from './architecture.ts';
import type { Experts } from './experts.ts';
import { qwenExperts } from './qwen-experts.ts';
import { qwenHybridConfig, qwenHybridForward, qwenHybridName, qwenHybridWeights, type QwenHybridConfig } from './qwen-hybrid.ts';

function mlps(c: ConfigReader, layers: number): Experts[] {
  const mixture = qwenExperts(c, { renormalised: true, count: 256, perToken: 8 });
  return Array.from({ length: layers }, () => mixture);
}

const parse = (c: ConfigReader): QwenHybridConfig => qwenHybridConfig(c, { projections: 'apart', mlps, defaults: { vocabularySize: 248_320, hiddenSize: 2048, layers: 40, kvHeads: 2 } });

/** Qwen3.5 with experts in every layer; also the text part of `qwen3_5_moe`. */
export const qwen3_5Moe = register({ parse, weights: qwenHybridWeights, canonicalName: qwenHybridName, forward: qwenHybridForward });
