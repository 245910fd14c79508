/** The parts of a `tokenizer.json` that depend on the kind of tokenizer. */
export interface TokenizerParts {
  readonly normalizer: object | null;
  readonly pre_tokenizer: object | null;
  readonly decoder: object;
  readonly model: object;
}
