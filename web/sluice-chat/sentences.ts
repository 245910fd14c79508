const SENTENCE_END = /[.!?…。！？:]["'”’)\]]*\s+|\n+/g;

/** Cuts a growing text into whole sentences, so that a screen reader is not given half-words. */
export class SentenceCutter {
  #rest = '';

  /** Adds text; returns what is now complete, or '' while a sentence is unfinished. */
  push(text: string): string {
    this.#rest += text;
    let end = 0;
    for (const match of this.#rest.matchAll(SENTENCE_END)) end = match.index + match[0].length;
    const complete = this.#rest.slice(0, end);
    this.#rest = this.#rest.slice(end);
    return complete.trim();
  }

  /** The unfinished rest. */
  flush(): string {
    const rest = this.#rest.trim();
    this.#rest = '';
    return rest;
  }
}
