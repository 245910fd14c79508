import type { GenerateEvent } from '../../engine/schedule/generate-event.ts';
import type { GenerateOptions } from '../../engine/schedule/generate-options.ts';
import type { Prompt } from '../../models/model.ts';

/** Bytes of GPU buffers that hold the state of a text: all of them, and of these what has been written to by now. */
export interface StateUse {
  readonly allocated: number;
  readonly used: number;
}

/** What is measured: an engine in its worker, or one in this page. */
export interface Measured {
  generate(prompt: Prompt, options: Omit<GenerateOptions, 'signal' | 'onPromptRead'>): AsyncIterable<GenerateEvent>;
  state(): Promise<StateUse>;
}

/** What was seen after so many tokens. */
export interface Sample extends StateUse {
  readonly tokens: number;
  /** Milliseconds a token since the sample before. */
  readonly milliseconds: number;
}

/** A text of a fixed number of tokens, nothing of which is shown, and how state and speed go along with it. */
export class Measurement {
  readonly samples: Sample[] = [];
  readonly total: number;
  readonly #engine: Measured;
  readonly #window: number;
  #tokens = 0;

  /** A sample is taken each `window` tokens. */
  constructor(engine: Measured, total: number, window: number) {
    this.#engine = engine;
    this.total = total;
    this.#window = window;
  }

  /** Tokens generated so far. */
  get tokens(): number {
    return this.#tokens;
  }

  /**
   * Generates until `until` tokens are there. What the generation throws, an `AbortError` where it was stopped, ends it; called again, it goes on
   * from there.
   */
  async run(onSample: (sample: Sample) => void, until = this.total): Promise<void> {
    if (this.#tokens >= until) return;
    let since: { readonly at: number; readonly tokens: number } | undefined;
    for await (const event of this.#engine.generate({ tokens: this.#tokens === 0 ? [0] : [] }, { maxTokens: until - this.#tokens, temperature: 0, stopTokens: [] })) {
      // After a stop the session may hold tokens that were on their way: it knows better.
      if (event.type === 'text-start') this.#tokens = event.promptTokens - 1;
      if (event.type !== 'text-delta') continue;
      this.#tokens += event.tokenIds.length;
      const now = performance.now();
      const count = this.#tokens - (since?.tokens ?? this.#tokens);
      if (since && count > 0 && (count >= this.#window || this.#tokens >= until)) {
        const sample = { tokens: this.#tokens, milliseconds: (now - since.at) / count, ...(await this.#engine.state()) };
        this.samples.push(sample);
        onSample(sample);
      } else if (since) continue;
      since = { at: now, tokens: this.#tokens };
    }
  }
}
