/** Why a text ended: a stop token, a stop string, or `maxTokens` or the context reached. */
export type FinishReason = 'stop-token' | 'stop-string' | 'length';

export interface Usage {
  /** Tokens of the prompt, those already in the session's state included. */
  readonly promptTokens: number;
  /** Prompt tokens that were not read again because the session's state held them. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
  /** Milliseconds from the call to the first generated token. */
  readonly timeToFirstTokenMs: number;
  /** Generated tokens per second after the first; 0 for fewer than two tokens. */
  readonly tokensPerSecond: number;
}

/**
 * What `generate` yields: one `text-start`, any number of `text-delta`, one `text-end`. The deltas' `tokenIds` are together
 * all that was generated, a stop token or a stop string's tokens included; a delta may hold tokens and no text.
 */
export type GenerateEvent =
  | { readonly type: 'text-start'; readonly promptTokens: number; readonly cachedTokens: number }
  | { readonly type: 'text-delta'; readonly text: string; readonly tokenIds: readonly number[] }
  | { readonly type: 'text-end'; readonly finishReason: FinishReason; readonly usage: Usage };
