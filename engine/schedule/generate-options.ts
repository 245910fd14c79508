/** How a continuation is sampled and when it ends. Everything is optional; defaults come from the checkpoint's `generation_config.json`. */
export interface GenerateOptions {
  /** Most tokens to generate. Default: until a stop token or the context is full. */
  readonly maxTokens?: number;
  /** 0 picks the likeliest token each time (greedy). */
  readonly temperature?: number;
  /** Keep the k likeliest tokens; 0 keeps all. */
  readonly topK?: number;
  /** Keep the smallest set of tokens whose probabilities add up to p; 1 keeps all. */
  readonly topP?: number;
  /** Drop tokens less likely than this fraction of the likeliest one; 0 keeps all. */
  readonly minP?: number;
  /** Divides positive and multiplies negative logits of tokens seen in prompt or output (Keskar et al. 2019); 1 is off. */
  readonly repetitionPenalty?: number;
  /** Subtracted once from the logit of a token that was generated. */
  readonly presencePenalty?: number;
  /** Subtracted from a token's logit for each time it was generated. */
  readonly frequencyPenalty?: number;
  /** Makes a run repeatable on the same machine. Default: random. */
  readonly seed?: number;
  /** The text ends before the first of these; none of it is emitted, but its tokens stay part of the conversation. */
  readonly stop?: string | readonly string[];
  /** Token ids that end the text, instead of the checkpoint's own; an empty list never stops. */
  readonly stopTokens?: readonly number[];
  /**
   * Called, and awaited, when all of the prompt but its last token is read. A `snapshot()` of the session, which is allowed here, is the place from
   * which other answers to this prompt begin without reading it again.
   */
  readonly onPromptRead?: () => Promise<void>;
  /** Aborting ends the generation: its reason is thrown, by default an `AbortError`. What was generated stays part of the conversation. */
  readonly signal?: AbortSignal;
}
