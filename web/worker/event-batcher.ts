import type { GenerateEvent } from '../../engine/schedule/generate-event.ts';

/**
 * Gathers events so that the page is woken about once a frame, however quick the model is. The first event after a
 * pause goes out at once, so nothing waits that need not.
 */
export class EventBatcher {
  readonly #send: (events: readonly GenerateEvent[]) => void;
  readonly #intervalMs: number;
  #pending: GenerateEvent[] = [];
  #lastSent = -Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: (events: readonly GenerateEvent[]) => void, intervalMs = 16) {
    this.#send = send;
    this.#intervalMs = intervalMs;
  }

  push(event: GenerateEvent): void {
    // The start carries no text: it must not make the first text wait.
    if (event.type === 'text-start') return this.#send([event]);
    this.#pending.push(event);
    const wait = this.#lastSent + this.#intervalMs - performance.now();
    if (event.type === 'text-end' || wait <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), wait);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#pending.length === 0) return;
    const events = this.#pending;
    this.#pending = [];
    this.#lastSent = performance.now();
    this.#send(mergeDeltas(events));
  }
}

function mergeDeltas(events: readonly GenerateEvent[]): GenerateEvent[] {
  const merged: GenerateEvent[] = [];
  for (const event of events) {
    const last = merged.at(-1);
    if (event.type === 'text-delta' && last?.type === 'text-delta') {
      merged[merged.length - 1] = { type: 'text-delta', text: last.text + event.text, tokenIds: [...last.tokenIds, ...event.tokenIds] };
    } else merged.push(event);
  }
  return merged;
}
