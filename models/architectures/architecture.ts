import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import type { Loaded } from '../weights/spec.ts';
import { nothingStored, type StoredModules } from '../weights/stored-modules.ts';
import type { Scaling } from './scaling.ts';

/** What the loader needs to know of any model's config. */
export interface ModelDimensions {
  readonly vocabularySize: number;
  /** Most tokens of a sequence that the checkpoint was made for; Infinity where nothing of the model grows with the text, which is then read without a limit. */
  readonly maxPositions: number;
}

/** One family of checkpoints: its config keys, its weight names, and its forward pass. */
export interface Architecture<Config extends ModelDimensions, Specs> {
  /** Throws `ConfigError` naming the key. */
  readonly parse: (config: ConfigReader) => Config;
  /** Which tensors there must be and what becomes of each; `context` is the length of the rotary tables. `stored` tells layouts apart. */
  readonly weights: (config: Config, context: number, stored: StoredModules) => Specs;
  /** A tensor's name as `weights` spells it; undefined for tensors that this model does not read. */
  readonly canonicalName: (name: string, config: Config) => string | undefined;
  /** Where activations can be scaled before the weights are quantised; absent where nothing is known of that. */
  readonly scalings?: (config: Config) => readonly Scaling[];
  /** Logits of the output rows. One forward serves prefill and decode. */
  readonly forward: (ops: Ops, weights: Loaded<Specs>, config: Config) => Tensor;
}

/** An architecture applied to one config, its types closed over. */
export interface ParsedModel extends ModelDimensions {
  /** Tree of `MatrixSpec` and `VectorSpec`. `stored`: of the checkpoint that they are for, if there is one. */
  readonly weights: (context: number, stored?: StoredModules) => object;
  readonly canonicalName: (name: string) => string | undefined;
  readonly scalings: readonly Scaling[] | undefined;
  /** `loaded` is what became of the tree that `weights` gave. */
  readonly forward: (ops: Ops, loaded: object) => Tensor;
}

export interface RegisteredArchitecture {
  readonly parse: (config: ConfigReader) => ParsedModel;
}

/** Hides an architecture's own types from the registry. */
export function register<Config extends ModelDimensions, Specs extends object>(architecture: Architecture<Config, Specs>): RegisteredArchitecture {
  return {
    parse: (reader) => {
      const config = architecture.parse(reader);
      return {
        vocabularySize: config.vocabularySize,
        maxPositions: config.maxPositions,
        weights: (context, stored = nothingStored) => architecture.weights(config, context, stored),
        canonicalName: (name) => architecture.canonicalName(name, config),
        scalings: architecture.scalings?.(config),
        forward: (ops, loaded) => architecture.forward(ops, loaded as Loaded<Specs>, config),
      };
    },
  };
}
