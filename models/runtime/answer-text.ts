import { StopMatcher, type StopMatch } from '../../engine/text/stop-matcher.ts';
import { Detokenizer } from '../text/detokenizer.ts';
import type { Tokenizer } from '../text/tokenizer.ts';

export interface AnswerOptions {
  readonly stopStrings: readonly string[];
  /** Whether the answer begins the conversation's text. */
  readonly position: 'start' | 'middle';
}

/** Turns the tokens of one generation into what is shown (special tokens left out, ended by stop strings) and what is remembered. */
export class AnswerText {
  readonly #shown: Detokenizer;
  readonly #verbatim: Detokenizer;
  readonly #matcher: StopMatcher;

  constructor(tokenizer: Tokenizer, { stopStrings, position }: AnswerOptions) {
    this.#shown = new Detokenizer(tokenizer, { position });
    this.#verbatim = new Detokenizer(tokenizer, { skipSpecialTokens: false, position: 'middle' });
    this.#matcher = new StopMatcher(stopStrings);
  }

  /** What can be shown after this token; final. */
  push(id: number): StopMatch {
    return this.#matcher.push(this.#shown.push(id));
  }

  /** What was held back, now that nothing follows; it may still turn out to hold a stop string. */
  flush(): StopMatch {
    const { text } = this.#matcher.push(this.#shown.flush());
    return { text: text + this.#matcher.flush(), stopped: this.#matcher.stopped };
  }

  /** The token as a chat template would write it, special or not, shown or not. */
  remember(id: number): string {
    return this.#verbatim.push(id);
  }

  rememberRest(): string {
    return this.#verbatim.flush();
  }
}
