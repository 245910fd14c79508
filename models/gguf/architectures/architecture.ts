import type { JsonObject } from '../../checkpoint/checkpoint.ts';
import type { StoredAs } from '../../checkpoint/stored-as.ts';
import type { TensorInfo } from '../../checkpoint/tensor-info.ts';
import type { ConfigReader } from '../../config/config-reader.ts';
import type { ParsedName, TensorNames } from '../tensor-names.ts';

/** What a config is made from. */
export interface GgufModel {
  /** The keys that begin with the architecture's name, without it. */
  readonly keys: ConfigReader;
  /** By name in the file. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** `rope_freqs.weight`: what the frequency of each pair is divided by. */
  readonly frequencyFactors?: readonly number[] | undefined;
}

/** How llama.cpp writes one family of models: the way back from its file to what the Hub has. */
export interface GgufArchitecture {
  readonly names: TensorNames;
  /** The Hub's config.json, as far as the engine reads it. Throws `ConfigError` naming the file's key. */
  readonly config: (model: GgufModel) => JsonObject;
  /** How a tensor of the file's shape differs from the Hub's, by the config that was made. Undefined where it does not. */
  readonly stored?: (config: JsonObject) => (name: ParsedName, shape: readonly number[]) => StoredAs | undefined;
  /** The Hub's shape, where the file's has fewer dimensions. */
  readonly shape?: (name: ParsedName, shape: readonly number[]) => readonly number[];
}
