import type { Conversation } from './conversation.ts';
import { button, h } from './dom.ts';
import { icon } from './icons.ts';

interface Handlers {
  readonly onContinue: () => void;
  readonly onRetry: () => void;
  readonly onUndo: () => void;
  readonly text: () => string;
  readonly onCopied: (message: string) => void;
}

/** How long the copy button shows that it worked, in milliseconds. */
const CONFIRM_MS = 1800;

/** What can be done with the last text: go on, copy it, have it told again, take it back. */
export class Actions {
  readonly element: HTMLElement;
  readonly #continue: HTMLButtonElement;
  readonly #copy: HTMLButtonElement;
  readonly #retry: HTMLButtonElement;
  readonly #undo: HTMLButtonElement;
  readonly #handlers: Handlers;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(handlers: Handlers) {
    this.#handlers = handlers;
    this.#continue = button('Continue', icon('forward'), handlers.onContinue, { class: 'action continue' });
    this.#copy = button('Copy', icon('copy'), () => void this.#copyText(), { class: 'action' });
    this.#retry = button('Try again', icon('retry'), handlers.onRetry, { class: 'action', title: 'Write the last text again; this one stays beside it' });
    this.#undo = button('Undo', icon('undo'), handlers.onUndo, { class: 'action', title: 'Take back the last thing you did' });
    this.element = h('div', { class: 'actions', role: 'group', 'aria-label': 'Last text', hidden: true, 'data-part': 'actions' }, this.#continue, this.#copy, this.#retry, this.#undo);
  }

  show(conversation: Conversation | undefined): void {
    const last = conversation?.last;
    const undoable = conversation?.canUndo === true;
    this.element.hidden = last ? last.finish === 'running' : !undoable;
    this.#continue.hidden = conversation?.mode === 'chat' || (last?.finish !== 'length' && last?.finish !== 'stopped');
    this.#copy.hidden = !last?.answer;
    this.#retry.hidden = !last;
    this.#undo.hidden = !undoable;
  }

  async #copyText(): Promise<void> {
    const copied = await copyToClipboard(this.#handlers.text());
    this.#copy.replaceChildren(icon(copied ? 'check' : 'warning'), h('span', {}, copied ? 'Copied' : 'Not allowed'));
    this.#handlers.onCopied(copied ? 'Copied.' : 'The browser did not allow copying.');
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#copy.replaceChildren(icon('copy'), h('span', {}, 'Copy')), CONFIRM_MS);
  }
}

/** Whether the browser let the text be copied; it may refuse in frames. */
async function copyToClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
