import type { Sequence } from '../../engine/schedule/sequence.ts';
import type { LoadedParts } from './loaded-parts.ts';

/** All that a conversation remembers between two calls. */
export interface ConversationMemory {
  /** Made by the first generation. */
  sequence: Sequence | undefined;
  /** All text so far, special tokens spelt out; undefined once raw text or token ids came in, which no template has rendered. */
  transcript: string | undefined;
}

/** A conversation that does nothing else meanwhile. */
export interface HeldConversation {
  readonly parts: LoadedParts;
  readonly memory: ConversationMemory;
  /** Aborts when the conversation is disposed of. */
  readonly signal: AbortSignal;
  /** For a memory that has no sequence yet. */
  readonly createSequence: () => Promise<Sequence>;
}
