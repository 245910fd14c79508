import { button, h } from './dom.ts';
import { icon } from './icons.ts';

/**
 * Where one writes. Enter sends and Shift+Enter begins a line; on touch screens, which have no Shift at hand, Enter
 * begins a line and the button sends.
 */
export class Composer {
  readonly element: HTMLFormElement;
  readonly #field: HTMLTextAreaElement;
  readonly #send: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  readonly #onSend: (text: string) => void;
  #state: 'unready' | 'ready' | 'running' = 'unready';

  constructor(onSend: (text: string) => void, onStop: () => void) {
    this.#onSend = onSend;
    this.#field = h('textarea', { rows: 1, 'aria-label': 'Message', enterkeyhint: 'send', autocomplete: 'off', input: () => this.#changed(), keydown: (event) => this.#keydown(event) });
    this.#send = button('Send', icon('send'), () => this.#submit(), { quiet: true, class: 'send' });
    this.#stop = button('Stop', icon('stop'), onStop, { quiet: true, class: 'send stop', title: 'Stop (Esc)', hidden: true });
    this.element = h('form', { class: 'composer', submit: (event) => { event.preventDefault(); this.#submit(); } }, this.#field, this.#send, this.#stop);
    this.#changed();
  }

  set placeholder(text: string) {
    this.#field.placeholder = text;
    this.#field.setAttribute('aria-label', text || 'Message');
  }

  set state(state: 'unready' | 'ready' | 'running') {
    const focused = this.#stop.matches(':focus') || this.#send.matches(':focus');
    this.#state = state;
    this.#send.hidden = state === 'running';
    this.#stop.hidden = state !== 'running';
    this.#changed();
    // The focused button went away: keep the keyboard where the reader was.
    if (focused) (state === 'running' ? this.#stop : this.#field).focus({ preventScroll: true });
  }

  /** Puts text back, for instance when it could not be sent. */
  fill(text: string): void {
    this.#field.value = text;
    this.#changed();
  }

  focus(): void {
    this.#field.focus({ preventScroll: true });
  }

  #changed(): void {
    this.#send.disabled = this.#state !== 'ready' || this.#field.value.trim() === '';
    this.#field.style.height = 'auto';
    if (this.#field.scrollHeight > 0) this.#field.style.height = `${this.#field.scrollHeight}px`;
  }

  #keydown(event: Event): void {
    if (!(event instanceof KeyboardEvent) || event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    if (matchMedia('(hover: none) and (pointer: coarse)').matches) return;
    event.preventDefault();
    this.#submit();
  }

  #submit(): void {
    const text = this.#field.value.trim();
    if (this.#state !== 'ready' || text === '') return;
    this.fill('');
    this.#onSend(text);
  }
}
