import { headDimOf, type RotaryConfig } from './hub-checkpoint.ts';

/**
 * What the frequency of each pair is divided by, for Llama 3's scaling: `generate_extra_tensors` of `LlamaModel`, which llama.cpp finds in
 * `rope_freqs.weight`. Undefined for every other kind of rotary embedding.
 */
export function frequencyFactors(config: RotaryConfig): Float32Array<ArrayBuffer> | undefined {
  const { rope_type: type, rope_theta: theta, factor = 8, low_freq_factor: low = 1, high_freq_factor: high = 4, original_max_position_embeddings: context = 8192 } = config.rope_parameters;
  if (type !== 'llama3') return undefined;
  const dim = headDimOf(config);
  return new Float32Array(dim / 2).map((_, pair) => {
    const waveLength = 2 * Math.PI * theta ** ((2 * pair) / dim);
    if (waveLength < context / high) return 1;
    if (waveLength > context / low) return factor;
    const smooth = (context / waveLength - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
  });
}
