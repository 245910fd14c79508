import type { Sequence } from '../../engine/schedule/sequence.ts';
import type { CachedPrefix, CachePrefixOptions, Prompt } from '../model.ts';

/** A model's cached prefixes, once there are any. */
export interface PrefixSource {
  add(prompt: Prompt, options: CachePrefixOptions): Promise<CachedPrefix>;
  list(): Promise<readonly CachedPrefix[]>;
  clear(): Promise<void>;
  /** Restores the longest prefix of `tokens` into the sequence, where it is longer than the `keep` tokens that the sequence holds anyway. Returns whether there was one. */
  start(sequence: Sequence, next: { readonly tokens: readonly number[]; readonly keep: number }, signal: AbortSignal): Promise<boolean>;
}
