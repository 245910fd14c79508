import type { ConfigReader } from '../config/config-reader.ts';
import type { ModelDimensions } from './architecture.ts';
import { layerCount, vocabularySize } from './dimensions.ts';
import { attentionLayers, type FlaAttention } from './fla-attention.ts';

/** What the configs of flash-linear-attention's models say alike. */
export interface FlaConfig extends ModelDimensions {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  /** `norm_eps`, of all norms. */
  readonly eps: number;
  readonly tied: boolean;
  /** Per layer: softmax attention in place of the model's own mixer. */
  readonly attention: readonly (FlaAttention | undefined)[];
}

/**
 * The keys that all models of flash-linear-attention share (fla/models and fla/modules/mlp.py). Keys that begin with `fuse_`, and `attn_mode`,
 * choose among kernels that compute the same. Throws `ConfigError` naming the key.
 */
export function flaConfig(c: ConfigReader, defaults: { readonly layers: number; readonly hiddenRatio?: number }): FlaConfig {
  c.oneOf('hidden_act', ['swish', 'silu'], { default: 'swish' });
  if (c.has('attnres_block_size')) throw c.error('attnres_block_size', 'null: attention over the residuals of earlier layers is not supported');
  const hiddenSize = c.integer('hidden_size', { min: 1, default: 2048 });
  const layers = layerCount(c, 'num_hidden_layers', { default: defaults.layers });
  const attention = attentionLayers(c, layers, hiddenSize);
  const positions = trainedPositions(c);
  return {
    vocabularySize: vocabularySize(c, { default: 32_000 }),
    // States hold a text of any length, whatever the one that they were trained on.
    maxPositions: attention.some((layer) => layer) ? positions : Infinity,
    hiddenSize,
    intermediateSize: mlpSize(c, hiddenSize, defaults.hiddenRatio ?? 4),
    eps: c.number('norm_eps', { min: 0, default: 1e-6 }),
    tied: c.boolean('tie_word_embeddings', { default: false }),
    attention,
  };
}

/** Of models that number their positions. */
export const trainedPositions = (c: ConfigReader): number => c.integer('max_position_embeddings', { min: 1, default: 2048 });

/** `intermediate_size`, or two thirds of `hidden_ratio` times the hidden size, rounded up to a multiple of 256. */
function mlpSize(c: ConfigReader, hiddenSize: number, ratio: number): number {
  if (c.has('intermediate_size')) return c.integer('intermediate_size', { min: 1 });
  // null means 4, whatever the family's default.
  const given = c.keys().includes('hidden_ratio') ? c.number('hidden_ratio', { min: 0, default: 4 }) : ratio;
  const size = 256 * Math.ceil(Math.trunc((hiddenSize * given * 2) / 3) / 256);
  if (size === 0) throw c.error('hidden_ratio', 'a positive number');
  return size;
}

/** Most elements that a head of the mixers may have, of its keys and of its values: the state of a slice of values has to fit into a workgroup's memory. */
export const MAX_KEY_DIM = 512;
export const MAX_VALUE_DIM = 1024;

/** Elements of each of `heads` heads, which all together are `width` times `key`, at most `most`. */
export function expandedHead(c: ConfigReader, key: string, ratio: number, { width, heads, most }: { readonly width: number; readonly heads: number; readonly most: number }): number {
  const expanded = Math.trunc(width * c.number(key, { min: 0, default: ratio }));
  if (expanded === 0 || expanded % heads !== 0 || expanded / heads > most) throw c.error(key, `a factor of ${width} that gives each of ${heads} heads a whole number of elements, ${most} at most`);
  return expanded / heads;
}
