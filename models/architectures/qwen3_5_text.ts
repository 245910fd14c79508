import type { ConfigReader } from '../config/config-reader.ts';
import { register } from './architecture.ts';
import { qwenHybridConfig, qwenHybridForward, qwenHybridName, qwenHybridScalings, qwenHybridWeights, type QwenHybridConfig } from './qwen-hybrid.ts';

function mlps(c: ConfigReader, layers: number): number[] {
  const width = c.integer('intermediate_size', { min: 1, default: 12_288 });
  return Array.from({ length: layers }, () => width);
}

const parse = (c: ConfigReader): QwenHybridConfig => qwenHybridConfig(c, { projections: 'apart', mlps, defaults: { vocabularySize: 248_320, hiddenSize: 4096, layers: 32, kvHeads: 4 } });

/** Qwen3.5: three layers of Gated DeltaNet to one of gated softmax attention; also the text part of `qwen3_5`. */
export const qwen3_5 = register({ parse, weights: qwenHybridWeights, canonicalName: qwenHybridName, scalings: qwenHybridScalings, forward: qwenHybridForward });
