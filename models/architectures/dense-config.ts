import type { ConfigReader } from '../config/config-reader.ts';
import { readRotary } from '../config/read-rotary.ts';
import { headDimension, headGroups, layerCount, sharedHeadDimension, vocabularySize } from './dimensions.ts';
import type { Experts } from './experts.ts';
import type { TransformerConfig } from './transformer.ts';

/** What a family of dense decoders decides for itself; the rest has the same keys in all of them. */
export interface DenseFamily {
  readonly projectionBias?: boolean;
  readonly outputBias?: boolean;
  readonly mlpBias?: boolean;
  readonly qkNorm?: boolean;
  readonly sinks?: boolean;
  /** Per layer; default: full attention. */
  readonly windows?: readonly (number | undefined)[];
  /** Per layer; default: all rotate. */
  readonly rotating?: readonly boolean[];
  /** Per layer, in place of the MLP; default: none. */
  readonly experts?: readonly (Experts | undefined)[];
  /** Where the config has no `tie_word_embeddings`. */
  readonly tied?: boolean;
  /** Where the config has no `head_dim`; default: hidden size over heads. */
  readonly headDim?: number;
  /** Where the config has no `rope_theta`; default: 10,000. */
  readonly theta?: number;
  /** Where the config has no `rms_norm_eps`; default: 1e-6. */
  readonly eps?: number;
}

/** The config keys that Llama, Qwen2, Qwen3, SmolLM3 and gpt-oss share. Throws `ConfigError` naming the key. */
export function denseConfig(c: ConfigReader, family: DenseFamily): TransformerConfig {
  c.oneOf('hidden_act', ['silu'], { default: 'silu' });
  const hiddenSize = c.integer('hidden_size', { min: 1 });
  const heads = c.integer('num_attention_heads', { min: 1 });
  const headDim = c.has('head_dim') || family.headDim !== undefined
    ? headDimension(c, 'head_dim', family.headDim === undefined ? {} : { default: family.headDim })
    : sharedHeadDimension(c, 'num_attention_heads', heads, hiddenSize);
  const layers = layerCount(c);
  const rotary = readRotary(c, headDim, { theta: family.theta });
  return {
    vocabularySize: vocabularySize(c),
    maxPositions: c.integer('max_position_embeddings', { min: 1, default: 2048 }),
    hiddenSize,
    heads,
    kvHeads: headGroups(c, 'num_key_value_heads', heads, { default: heads }),
    headDim,
    eps: c.number('rms_norm_eps', { min: 0, default: family.eps ?? 1e-6 }),
    projectionBias: family.projectionBias ?? false,
    outputBias: family.outputBias ?? false,
    qkNorm: family.qkNorm ?? false,
    gated: false,
    sinks: family.sinks ?? false,
    intermediateSize: c.integer('intermediate_size', { min: 1 }),
    mlpBias: family.mlpBias ?? false,
    tied: c.boolean('tie_word_embeddings', { default: family.tied ?? false }),
    rotary,
    rotaryDim: rotary.rotaryDim,
    layers: Array.from({ length: layers }, (_, i) => {
      const window = family.windows?.[i];
      const experts = family.experts?.[i];
      return { rotary: family.rotating?.[i] ?? true, ...(window !== undefined && { window }), ...(experts && { experts }) };
    }),
  };
}
