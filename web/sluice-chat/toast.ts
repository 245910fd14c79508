import { button, h } from './dom.ts';

/** A short message above the text field with one action, which goes away by itself unless it is being pointed at or focused. `onGone`: it went without the action. */
export class Toast {
  readonly element = h('div', { class: 'toast', hidden: true, 'data-part': 'toast' });
  #timer: ReturnType<typeof setTimeout> | undefined;
  #onGone = (): void => {};

  show(message: string, action: string, run: () => void, durationMs: number, onGone: () => void): void {
    this.hide();
    this.#onGone = onGone;
    const act = button(action, undefined, () => { this.#onGone = () => {}; this.hide(); run(); }, { class: 'toast-action' });
    this.element.replaceChildren(h('span', {}, message), act);
    this.element.hidden = false;
    const leave = (): void => {
      if (this.element.matches(':hover') || act.matches(':focus-visible')) this.#timer = setTimeout(leave, 1000);
      else this.hide();
    };
    this.#timer = setTimeout(leave, durationMs);
  }

  hide(): void {
    clearTimeout(this.#timer);
    this.element.hidden = true;
    const gone = this.#onGone;
    this.#onGone = () => {};
    gone();
  }
}
