import type { Runner } from '../../engine/schedule/runner.ts';
import type { ModelText } from '../text/load-text.ts';
import type { PrefixSource } from './prefix-source.ts';

/** What a checkpoint became. */
export interface LoadedParts {
  readonly runner: Runner;
  readonly text: ModelText;
  readonly name: string;
  readonly modelType: string;
  readonly parameters: number;
  readonly generationConfig: Readonly<Record<string, unknown>> | undefined;
  readonly stopTokens: ReadonlySet<number>;
  /** Of the checkpoint, wherever it came from. */
  readonly identity: string;
  /** How weights, keys and values are stored. */
  readonly precision: string;
  /** Bytes on the GPU that cached prefixes may take. */
  readonly prefixCacheBytes: number;
  /** Once one is cached. */
  prefixes?: PrefixSource;
}
