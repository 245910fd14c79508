import type { Usage } from '../../engine/schedule/generate-event.ts';

/** Times a generation: from the call to the first token, and the rate of the tokens after it. */
export class Stopwatch {
  readonly #start = performance.now();
  #first = 0;
  #last = 0;
  #tokens = 0;

  token(): void {
    this.#last = performance.now();
    if (this.#tokens === 0) this.#first = this.#last;
    this.#tokens++;
  }

  usage(): Pick<Usage, 'completionTokens' | 'timeToFirstTokenMs' | 'tokensPerSecond'> {
    const seconds = (this.#last - this.#first) / 1000;
    return {
      completionTokens: this.#tokens,
      timeToFirstTokenMs: this.#tokens > 0 ? this.#first - this.#start : 0,
      tokensPerSecond: this.#tokens > 1 && seconds > 0 ? (this.#tokens - 1) / seconds : 0,
    };
  }
}
