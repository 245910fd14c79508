import { h } from './dom.ts';
import { SentenceCutter } from './sentences.ts';

/** Most sentences kept in the live region: readers speak additions, so the old ones can go. */
const KEPT = 8;

/** Speaks politely through a hidden live region: answers by the sentence, and what happened. */
export class Announcer {
  readonly element = h('div', { class: 'sr-only', 'aria-live': 'polite', 'aria-atomic': 'false', 'data-part': 'announcer' });
  #cutter = new SentenceCutter();
  #heard = 0;

  say(message: string): void {
    if (!message) return;
    this.element.append(h('p', {}, message));
    while (this.element.childElementCount > KEPT) this.element.firstElementChild?.remove();
  }

  /** Speaks what has been added to an answer, `text` being all of it as it is shown. */
  stream(text: string): void {
    if (text.length > this.#heard) this.say(this.#cutter.push(text.slice(this.#heard)));
    this.#heard = text.length;
  }

  endStream(): void {
    this.say(this.#cutter.flush());
  }

  /** Forgets an unfinished sentence; `text` has been spoken already. */
  beginStream(text: string): void {
    this.#cutter = new SentenceCutter();
    this.#heard = text.length;
  }
}
