export interface StopMatch {
  /** Text that is certainly not part of a stop string: emit it. */
  readonly text: string;
  /** A stop string was found: the text has ended, and everything that follows is dropped. */
  readonly stopped: boolean;
}

/**
 * Ends a text before the first stop string in it. A stop string may straddle any number of pushes; the only text held back is what
 * could still turn out to begin one. Of several stop strings the one that starts earliest counts, even where another is
 * complete sooner: `abcd` beats `bc` in `abcd`, so after `abc` the matcher waits for what comes next.
 *
 * Precondition: no stop string is empty; an empty one would match everywhere. Options are checked where they enter the engine.
 */
export class StopMatcher {
  readonly #stops: readonly string[];
  /** Text from the first place on at which a stop string may have begun. */
  #held = '';
  #stopped = false;

  constructor(stops: readonly string[]) {
    this.#stops = stops;
  }

  /** True once a stop string was found, also where only `flush` could decide it. */
  get stopped(): boolean {
    return this.#stopped;
  }

  push(text: string): StopMatch {
    if (this.#stopped) return { text: '', stopped: true };
    return this.#take(this.#held + text, false);
  }

  /** The text held back, now that nothing follows; afterwards, `stopped` says whether a stop string ended it. */
  flush(): string {
    return this.#stopped ? '' : this.#take(this.#held, true).text;
  }

  #take(text: string, last: boolean): StopMatch {
    this.#held = '';
    for (let start = 0; start < text.length; start += 1) {
      if (this.#stops.some((stop) => text.startsWith(stop, start))) {
        this.#stopped = true;
        return { text: text.slice(0, start), stopped: true };
      }
      if (!last && this.#mayBegin(text, start)) {
        this.#held = text.slice(start);
        return { text: text.slice(0, start), stopped: false };
      }
    }
    return { text, stopped: false };
  }

  /** Whether all of the text from `start` on is the beginning of a longer stop string. */
  #mayBegin(text: string, start: number): boolean {
    const length = text.length - start;
    return this.#stops.some((stop) => length < stop.length && text.endsWith(stop.slice(0, length)));
  }
}
