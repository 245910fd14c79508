import type { Sequence } from '../../engine/schedule/sequence.ts';

/** All that a conversation remembers between two calls. */
export interface ConversationMemory {
  /** Made by the first generation. */
  sequence: Sequence | undefined;
  /** All text so far, special tokens spelt out; undefined once raw text or token ids came in, which no template has rendered. */
  transcript: string | undefined;
}
