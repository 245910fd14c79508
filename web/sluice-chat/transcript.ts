import { AnswerView } from './answer-view.ts';
import type { Conversation, Exchange } from './conversation.ts';
import { button, h } from './dom.ts';
import { icon } from './icons.ts';
import { versions } from './versions.ts';

/** What can be done with an exchange. */
export interface TurnHandlers {
  readonly onStep: (exchange: Exchange, by: -1 | 1) => void;
  readonly onEdit: (exchange: Exchange) => void;
  readonly onBranch: (exchange: Exchange) => void;
}

interface View {
  readonly element: HTMLElement;
  /** Where the versions go, where there are several. */
  readonly versions: HTMLElement;
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
  readonly #handlers: TurnHandlers;
  #following = true;
  /** What is to be read next instead of the end: a notice, from its beginning. */
  #anchor: HTMLElement | undefined;
  #lastTop = 0;

  /** `below` follows the text and scrolls with it: actions, progress, notices. */
  constructor(handlers: TurnHandlers, ...below: readonly HTMLElement[]) {
    this.#handlers = handlers;
    this.#scroller = h('div', { class: 'scroller', tabindex: 0, role: 'region', 'aria-label': 'Text', scroll: () => this.#look() }, h('div', { class: 'column' }, this.#log, ...below));
    this.#jump = button('Jump to latest', icon('down'), () => this.follow(), { class: 'jump', hidden: true });
    this.element = h('div', { class: 'view' }, this.#scroller, this.#jump);
    // Text, notices and the element itself may all change the height.
    new ResizeObserver(() => this.#stay()).observe(this.#scroller.children[0] ?? this.#scroller);
  }

  set busy(busy: boolean) {
    this.#log.setAttribute('aria-busy', String(busy));
  }

  render(conversation: Conversation): void {
    const { exchanges, mode } = conversation;
    for (const [exchange, view] of this.#views) {
      if (exchanges.includes(exchange)) continue;
      view.element.remove();
      this.#views.delete(exchange);
    }
    for (const exchange of exchanges) {
      let view = this.#views.get(exchange);
      if (!view) {
        view = mode === 'story' ? storyView(exchange) : chatView(exchange, this.#handlers);
        this.#views.set(exchange, view);
        this.#log.append(view.element);
      }
      view.element.toggleAttribute('data-running', exchange.finish === 'running');
      view.show(exchange);
      const all = conversation.following(exchange.previous);
      const place = `${all.indexOf(exchange) + 1}/${all.length}`;
      if (view.versions.textContent === (all.length > 1 ? place : '')) continue;
      view.versions.replaceChildren(...(all.length > 1 ? [versions(all.indexOf(exchange) + 1, all.length, (by) => this.#handlers.onStep(exchange, by))] : []));
    }
    this.#stay();
  }

  /** Focuses the button that goes on from a version in the same direction. */
  focusVersions(exchange: Exchange, by: -1 | 1): void {
    this.#views.get(exchange)?.versions.querySelector<HTMLElement>(by < 0 ? '.previous' : '.next')?.focus({ preventScroll: true });
  }

  /** Goes to the end and stays there. */
  follow(): void {
    this.#following = true;
    this.#anchor = undefined;
    this.#goOn();
  }

  /** Scrolls so that the beginning of an element below the text is in view, and as much of the rest as fits. */
  reveal(element: HTMLElement | undefined): void {
    this.#look();
    this.#anchor = element;
    this.#goOn();
  }

  /** The content or the space for it has changed. */
  #stay(): void {
    // The reader may have scrolled a moment ago, and the event for it be yet to come.
    this.#look();
    this.#goOn();
  }

  /** Scrolls to where the reader is to be, unless that is elsewhere by their own choice. */
  #goOn(): void {
    if (this.#log.childElementCount === 0) this.#scroller.scrollTop = 0;
    else if (this.#anchor) this.#scroller.scrollTop = this.#anchor.offsetTop - AT_END;
    else if (this.#following) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    this.#jump.hidden = this.#following || this.#anchor !== undefined;
    this.#lastTop = this.#scroller.scrollTop;
  }

  /** Learns from the scroll position whether the reader has left the end, or come back to it. */
  #look(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const moved = scrollTop !== this.#lastTop;
    if (scrollHeight - clientHeight - scrollTop <= AT_END) this.#following = true;
    else if (scrollTop < this.#lastTop || (moved && this.#anchor)) this.#following = false;
    if (moved) this.#anchor = undefined;
    this.#lastTop = scrollTop;
    this.#jump.hidden = this.#following || this.#anchor !== undefined;
  }
}

/** Prompt and continuation as one flowing text. */
function storyView(exchange: Exchange): View {
  const text = document.createTextNode('');
  const slot = h('div', { class: 'turn' });
  const element = h('div', { class: 'tale' }, h('p', { class: 'story', 'data-part': 'story' }, h('span', { class: 'prompt' }, exchange.prompt), text), slot);
  return { element, versions: slot, show: ({ answer }) => { text.data = answer; } };
}

function chatView(exchange: Exchange, { onEdit, onBranch }: TurnHandlers): View {
  const view = new AnswerView();
  const slot = h('span');
  const turn = h('div', { class: 'turn', role: 'group', 'aria-label': 'This exchange' }, slot,
    button('Edit', icon('edit'), () => onEdit(exchange), { class: 'action', title: 'Ask something else here; this stays beside it' }),
    button('Branch from here', icon('branch'), () => onBranch(exchange), { class: 'action branch', title: 'Go on from here in another way; what followed stays beside it' }));
  const element = h('div', { class: 'exchange' }, h('div', { class: 'question', 'data-part': 'question' }, h('span', { class: 'sr-only' }, 'You: '), exchange.prompt), h('span', { class: 'sr-only' }, 'Model: '), view.element, turn);
  return { element, versions: slot, show: ({ answer }) => view.show(answer) };
}
