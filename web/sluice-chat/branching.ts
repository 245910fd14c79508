import type { Conversation, Exchange } from './conversation.ts';
import type { Layout } from './layout.ts';

/** What a reader does with the branches of a conversation. */
export class Branching {
  readonly #conversation: Conversation;
  readonly #ui: () => Layout;
  readonly #settle: (change: () => void) => void;

  /** `settle` ends what is being written, makes the change, and shows what came of it. */
  constructor(conversation: Conversation, ui: () => Layout, settle: (change: () => void) => void) {
    this.#conversation = conversation;
    this.#ui = ui;
    this.#settle = settle;
  }

  /** Shows the version before or after that of `exchange`, or of what has not been written yet. */
  step(exchange: Exchange | undefined, by: -1 | 1): void {
    this.#settle(() => {
      const all = this.#conversation.following(exchange ? exchange.previous : this.#conversation.last);
      const at = exchange ? all.indexOf(exchange) : by < 0 ? 0 : -1;
      const next = all.at((at + by) % all.length);
      if (!next) return;
      this.#conversation.show(next);
      // The view with the button that was pressed goes with its branch.
      queueMicrotask(() => this.#ui().transcript.focusVersions(next, by));
      this.#ui().announcer.say(`Version ${all.indexOf(next) + 1} of ${all.length}.`);
    });
  }

  /** Begins another branch after `exchange`. */
  branch(exchange: Exchange): void {
    this.#settle(() => {
      this.#conversation.branchAfter(exchange);
      this.#ui().composer.focus();
      this.#ui().announcer.say('New branch. Write what comes next.');
    });
  }

  /** Begins another branch in place of `exchange`, whose question goes back into the text field. */
  edit(exchange: Exchange): void {
    this.#settle(() => {
      this.#conversation.branchAfter(exchange.previous);
      this.#ui().composer.fill(exchange.prompt);
      this.#ui().composer.focus();
      this.#ui().announcer.say('Edit the message, then send it.');
    });
  }

  /** Takes back the last question, repetition or branch. */
  undo(): void {
    this.#settle(() => {
      const { exchanges } = this.#conversation;
      const gone = this.#conversation.undo();
      // A question goes back to where it was written; a repetition leaves the question where it is.
      if (gone && exchanges.length > this.#conversation.exchanges.length) this.#ui().composer.fill(gone.prompt);
      this.#ui().composer.focus();
      this.#ui().announcer.say('Taken back.');
    });
  }
}
