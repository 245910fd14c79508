import { MAX_VOCABULARY } from '../../shaders/sampling/sampling.ts';
import type { ConfigReader } from '../config/config-reader.ts';

/** Bounds what a damaged config can make the loader build before the first tensor contradicts it. */
const MAX_LAYERS = 1024;

/** Of the attention kernels, which work on four elements at a time. */
const MAX_HEAD_DIM = 256;
const HEAD_DIM_WORDS = `a multiple of 4 up to ${MAX_HEAD_DIM}`;
const isHeadDim = (value: number): boolean => value % 4 === 0 && value <= MAX_HEAD_DIM;

/** The config of the text model, which is a part of a multimodal model's. */
export const textConfig = (outer: ConfigReader): ConfigReader => outer.optionalObject('text_config') ?? outer;

/** `vocab_size`, at most what the sampler handles. */
export const vocabularySize = (c: ConfigReader, options: { readonly default?: number } = {}): number => c.integer('vocab_size', { min: 1, max: MAX_VOCABULARY, ...options });

export const layerCount = (c: ConfigReader, key = 'num_hidden_layers', options: { readonly default?: number } = {}): number => c.integer(key, { min: 1, max: MAX_LAYERS, ...options });

/** The width of a head that has a key of its own, such as `head_dim` or `linear_key_head_dim`. */
export function headDimension(c: ConfigReader, key: string, options: { readonly default?: number } = {}): number {
  const value = c.integer(key, { min: 1, ...options });
  if (!isHeadDim(value)) throw c.error(key, HEAD_DIM_WORDS);
  return value;
}

/** The width of a head of linear attention: of its keys or of its values. */
export const stateDimension = (c: ConfigReader, key: string, options: { readonly default?: number } = {}): number => c.integer(key, { min: 1, max: MAX_HEAD_DIM, ...options });

/** The width of a head where the config has no key for it: the hidden size, shared among the heads of `headsKey`. */
export function sharedHeadDimension(c: ConfigReader, headsKey: string, heads: number, hiddenSize: number): number {
  if (hiddenSize % heads !== 0) throw c.error(headsKey, `a divisor of the hidden size (${hiddenSize})`);
  if (!isHeadDim(hiddenSize / heads)) throw c.error(headsKey, `a divisor of the hidden size (${hiddenSize}) that leaves each head ${HEAD_DIM_WORDS} elements`);
  return hiddenSize / heads;
}

/** A number of heads that several others share evenly: key heads of `shared` query or value heads. */
export function headGroups(c: ConfigReader, key: string, shared: number, options: { readonly default?: number } = {}): number {
  const groups = c.integer(key, { min: 1, ...options });
  if (shared % groups !== 0) throw c.error(key, `a divisor of the ${shared} heads that share them`);
  return groups;
}

/** `layer_types`, or another such key, where the config lists them: one of `kinds` for each layer. */
export function layerTypes<const T extends string>(c: ConfigReader, layers: number, kinds: readonly T[], key = 'layer_types'): T[] | undefined {
  if (!c.has(key)) return undefined;
  const types = c.eachOneOf(key, kinds);
  if (types.length !== layers) throw c.error(key, `a list of ${layers}, one for each layer`);
  return types;
}
