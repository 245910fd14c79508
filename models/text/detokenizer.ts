/** What a detokenizer needs to know of a tokenizer. */
export interface TokenText {
  /** The bytes of UTF-8 that a token adds to a text; empty for an id that is not in the vocabulary. */
  tokenBytes(id: number): Uint8Array;
  isSpecial(id: number): boolean;
  /** The character stripped from the start of a text, and how often at most. */
  readonly strip: { readonly character: string; readonly count: number };
}

export interface DetokenizerOptions {
  /** Special tokens add nothing to the text, and what comes after continues what came before. Default: true. */
  readonly skipSpecialTokens?: boolean;
  /**
   * Whether the tokens begin a text or continue one: at the start, sentencepiece's dummy space is stripped. Default: `start`.
   */
  readonly position?: 'start' | 'middle';
}

/**
 * Turns a stream of token ids into text as the tokens arrive. What was returned is final: concatenated, the pieces and the flushed
 * rest are what all the ids decode to. The cost of a token does not depend on how many came before.
 *
 * A character whose bytes are spread over several tokens is held back until it is complete. Bytes that can no longer become one
 * turn into U+FFFD, one for each maximal subpart, as the WHATWG Encoding Standard decodes UTF-8; it makes no difference how the bytes
 * were spread over tokens. At most three bytes are ever held back.
 */
export class Detokenizer {
  readonly #tokens: TokenText;
  readonly #skipSpecialTokens: boolean;
  // Without `ignoreBOM` a byte order mark at the start of a text would vanish.
  readonly #utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  /** How many more characters may be stripped from the start. */
  #toStrip: number;

  constructor(tokens: TokenText, options: DetokenizerOptions = {}) {
    this.#tokens = tokens;
    this.#skipSpecialTokens = options.skipSpecialTokens ?? true;
    this.#toStrip = options.position === 'middle' ? 0 : tokens.strip.count;
  }

  /** The text that the token completes; often empty. */
  push(id: number): string {
    if (this.#skipSpecialTokens && this.#tokens.isSpecial(id)) return '';
    return this.#stripStart(this.#utf8.decode(this.#tokens.tokenBytes(id), { stream: true }));
  }

  /** The rest: U+FFFD for a character that was never completed. Later tokens continue the same text. */
  flush(): string {
    return this.#stripStart(this.#utf8.decode());
  }

  #stripStart(text: string): string {
    let cut = 0;
    while (this.#toStrip > 0 && cut < text.length) {
      if (text[cut] === this.#tokens.strip.character) {
        cut += 1;
        this.#toStrip -= 1;
      } else {
        this.#toStrip = 0;
      }
    }
    return text.slice(cut);
  }
}
