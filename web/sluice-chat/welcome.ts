import type { Mode } from './conversation.ts';
import { h } from './dom.ts';

const BEGINNINGS: Readonly<Record<Mode, readonly string[]>> = {
  story: ['Once upon a time', 'One day, a little dog', 'Lily found a shiny stone'],
  chat: ['Explain how rainbows form', 'Write a haiku about rain', 'Plan a quiet weekend'],
};

/** What an empty conversation shows: a hint and a few beginnings to choose from. */
export class Welcome {
  readonly element = h('div', { class: 'welcome', hidden: true, 'data-part': 'welcome' });
  readonly #onPick: (text: string) => void;
  /** What this model is good at, in place of the usual beginnings. */
  beginnings: readonly string[] | undefined;

  constructor(onPick: (text: string) => void) {
    this.#onPick = onPick;
  }

  show(mode: Mode | undefined): void {
    this.element.hidden = mode === undefined;
    if (mode === undefined) return;
    this.element.replaceChildren(
      h('p', { class: 'welcome-title' }, mode === 'story' ? 'How does the story begin?' : 'What would you like to know?'),
      h('p', {}, mode === 'story' ? 'Write a few words and the model goes on.' : 'The model runs on this device: nothing you write leaves it.'),
      h('div', { class: 'chips' }, ...(this.beginnings ?? BEGINNINGS[mode]).map((text) => h('button', { type: 'button', class: 'chip', click: () => this.#onPick(text) }, text))));
  }
}
