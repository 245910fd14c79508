import type { Usage } from '../../engine/schedule/generate-event.ts';
import type { GpuMemory } from '../../models/model.ts';
import { h } from './dom.ts';
import { formatBytes, formatMilliseconds, formatRate } from './format.ts';

/** How often the live speed changes, in milliseconds: quicker cannot be read. */
const REFRESH_MS = 200;

/** Speed, time to first token, how full the context is, and the GPU memory in use. */
export class StatsBar {
  readonly element: HTMLElement;
  readonly #speed = stat('speed', 'Tokens per second');
  readonly #first = stat('first', 'Time to the first token');
  readonly #context = stat('context', 'Tokens in the context, of those it can hold');
  readonly #memory = stat('memory', 'GPU memory in use');
  readonly #fill = h('span', { class: 'meter-fill' });
  #contextLength = 0;
  #promptTokens = 0;
  #tokens = 0;
  #begun = 0;
  #firstAt = 0;
  #shownAt = 0;

  constructor() {
    const meter = h('span', { class: 'meter', 'aria-hidden': 'true' }, this.#fill);
    this.#context.element.prepend(meter);
    this.element = h('dl', { class: 'stats', 'aria-label': 'Statistics' }, this.#speed.element, this.#first.element, this.#context.element, this.#memory.element);
    this.reset(0);
  }

  reset(contextLength: number): void {
    this.#contextLength = contextLength;
    for (const part of [this.#speed, this.#first, this.#context, this.#memory]) part.show('');
  }

  begin(): void {
    this.#begun = performance.now();
    this.#tokens = this.#promptTokens = this.#firstAt = this.#shownAt = 0;
  }

  started(promptTokens: number): void {
    this.#promptTokens = promptTokens;
  }

  /** Counts tokens that have just come; the time between the first and the last of them is the speed until `end`. */
  count(tokens: number): void {
    const now = performance.now();
    if (this.#firstAt === 0 && tokens > 0) {
      this.#firstAt = now;
      this.#first.show(`${formatMilliseconds(now - this.#begun)}`, 'first token');
    }
    this.#tokens += tokens;
    if (now - this.#shownAt < REFRESH_MS) return;
    this.#shownAt = now;
    this.#showSpeed(now);
    this.#showContext(this.#promptTokens + this.#tokens);
  }

  /** The engine's own figures, or none where the text was stopped: then those seen from here stay. */
  end(usage: Usage | undefined): void {
    if (usage) {
      if (usage.tokensPerSecond > 0) this.#speed.show(formatRate(usage.tokensPerSecond), 'tok/s');
      this.#first.show(formatMilliseconds(usage.timeToFirstTokenMs), 'first token');
      this.#showContext(usage.promptTokens + usage.completionTokens);
    } else {
      this.#showSpeed(performance.now());
      this.#showContext(this.#promptTokens + this.#tokens);
    }
  }

  memory({ weights, state, activations, total }: GpuMemory): void {
    this.#memory.show(formatBytes(total), 'GPU');
    this.#memory.element.title = `GPU memory in use: ${formatBytes(weights)} weights, ${formatBytes(state)} conversation state, ${formatBytes(activations)} working memory`;
  }

  #showSpeed(now: number): void {
    const seconds = (now - this.#firstAt) / 1000;
    if (this.#firstAt > 0 && this.#tokens > 1 && seconds > 0.05) this.#speed.show(formatRate((this.#tokens - 1) / seconds), 'tok/s');
  }

  #showContext(used: number): void {
    if (used === 0 || this.#contextLength === 0) return;
    this.#context.show(`${used.toLocaleString('en')} / ${this.#contextLength.toLocaleString('en')}`, 'tokens');
    this.#fill.style.inlineSize = `${Math.min(100, (100 * used) / this.#contextLength)}%`;
  }
}

function stat(name: string, meaning: string): { element: HTMLElement; show(value: string, unit?: string): void } {
  const figure = h('b');
  const unit = h('span', { class: 'unit' });
  const element = h('div', { class: 'stat', title: meaning, hidden: true, 'data-part': `stat-${name}` }, h('dt', { class: 'sr-only' }, meaning), h('dd', {}, figure, ' ', unit));
  return {
    element,
    show(value, words = '') {
      element.hidden = value === '';
      figure.textContent = value;
      unit.textContent = words;
    },
  };
}
