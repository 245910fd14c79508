import { AnswerView } from './answer-view.ts';
import type { Exchange, Mode } from './conversation.ts';
import { button, h } from './dom.ts';
import { icon } from './icons.ts';

interface View {
  readonly element: HTMLElement;
  show(exchange: Exchange): void;
}

/** Distance from the end, in pixels, that still counts as the end. */
const AT_END = 12;

/** The exchanges in a scrolling log that follows the newest text until the reader scrolls up. */
export class Transcript {
  readonly element: HTMLElement;
  readonly #log = h('div', { class: 'log', role: 'log', 'aria-label': 'Conversation', 'aria-live': 'off', 'data-part': 'log' });
  readonly #scroller: HTMLElement;
  readonly #jump: HTMLButtonElement;
  readonly #views = new Map<Exchange, View>();
  #following = true;
  /** What is to be read next instead of the end: a notice, from its beginning. */
  #anchor: HTMLElement | undefined;
  #lastTop = 0;

  /** `below` follows the text and scrolls with it: actions, progress, notices. */
  constructor(...below: readonly HTMLElement[]) {
    this.#scroller = h('div', { class: 'scroller', tabindex: 0, role: 'region', 'aria-label': 'Text', scroll: () => this.#scrolled() }, h('div', { class: 'column' }, this.#log, ...below));
    this.#jump = button('Jump to latest', icon('down'), () => this.follow(), { class: 'jump', hidden: true });
    this.element = h('div', { class: 'view' }, this.#scroller, this.#jump);
    // Text, notices and the element itself may all change the height.
    new ResizeObserver(() => this.#stay()).observe(this.#scroller.children[0] ?? this.#scroller);
  }

  set busy(busy: boolean) {
    this.#log.setAttribute('aria-busy', String(busy));
  }

  render(exchanges: readonly Exchange[], mode: Mode): void {
    for (const [exchange, view] of this.#views) {
      if (exchanges.includes(exchange)) continue;
      view.element.remove();
      this.#views.delete(exchange);
    }
    for (const exchange of exchanges) {
      let view = this.#views.get(exchange);
      if (!view) {
        view = mode === 'story' ? storyView(exchange) : chatView(exchange);
        this.#views.set(exchange, view);
        this.#log.append(view.element);
      }
      view.element.toggleAttribute('data-running', exchange.finish === 'running');
      view.show(exchange);
    }
    this.#stay();
  }

  /** Goes to the end and stays there. */
  follow(): void {
    this.#following = true;
    this.#anchor = undefined;
    this.#stay();
    this.#jump.hidden = true;
  }

  /** Scrolls so that the beginning of an element below the text is in view, and as much of the rest as fits. */
  reveal(element: HTMLElement | undefined): void {
    this.#anchor = element;
    this.#stay();
  }

  #stay(): void {
    if (this.#log.childElementCount === 0) this.#scroller.scrollTop = 0;
    else if (this.#anchor) this.#scroller.scrollTop = Math.min(this.#anchor.offsetTop - AT_END, this.#scroller.scrollHeight);
    else if (this.#following) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    else this.#jump.hidden = false;
    this.#lastTop = this.#scroller.scrollTop;
  }

  #scrolled(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const moved = scrollTop !== this.#lastTop;
    if (scrollHeight - clientHeight - scrollTop <= AT_END) this.#following = true;
    else if (scrollTop < this.#lastTop || (moved && this.#anchor)) this.#following = false;
    if (moved) this.#anchor = undefined;
    this.#lastTop = scrollTop;
    this.#jump.hidden = this.#following;
  }
}

/** Prompt and continuation as one flowing text. */
function storyView(exchange: Exchange): View {
  const text = document.createTextNode('');
  const element = h('p', { class: 'story', 'data-part': 'story' }, h('span', { class: 'prompt' }, exchange.prompt), text);
  return { element, show: ({ answer }) => { text.data = answer; } };
}

function chatView(exchange: Exchange): View {
  const view = new AnswerView();
  const element = h('div', { class: 'exchange' }, h('div', { class: 'question', 'data-part': 'question' }, h('span', { class: 'sr-only' }, 'You: '), exchange.prompt), h('span', { class: 'sr-only' }, 'Model: '), view.element);
  return { element, show: ({ answer }) => view.show(answer) };
}
