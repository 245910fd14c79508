import type { FinishReason } from '../../engine/schedule/generate-event.ts';
import type { Message, Prompt } from '../../models/model.ts';
import { visibleAnswer } from './answer-view.ts';

/** What was asked and what came of it. In a story the prompt is the beginning of the text itself. */
export interface Exchange {
  readonly id: number;
  readonly prompt: string;
  /** What it followed on; several may follow on the same one, each the beginning of another branch. */
  readonly previous: Exchange | undefined;
  answer: string;
  /** What was on its way when the answer was stopped: the engine remembers it, the reader has not seen it. */
  unseen: string;
  finish: FinishReason | 'stopped' | 'failed' | 'running';
}

/** `chat` for models with a chat template; others continue a text. */
export type Mode = 'chat' | 'story';

/** Something that can be taken back: the branch on show before, and what was asked anew. */
interface Step {
  readonly exchanges: readonly Exchange[];
  readonly added: Exchange | undefined;
}

/** Names of the places in an exchange that the engine can go back to. */
const afterPrompt = ({ id }: Exchange): string => `prompt ${id}`;
const afterAnswer = ({ id }: Exchange): string => `answer ${id}`;

/** A conversation with its branches, one of them on show, and the prompts that this makes. Every story is a text of its own; a chat remembers. */
export class Conversation {
  mode: Mode = 'story';
  system = '';
  /** The branch on show. */
  exchanges: Exchange[] = [];
  /** Those of all branches, oldest first. */
  #all: Exchange[] = [];
  #steps: Step[] = [];
  #nextId = 1;

  get last(): Exchange | undefined {
    return this.exchanges.at(-1);
  }

  /** The last text as it is shown. */
  get lastText(): string {
    const { last } = this;
    if (!last) return '';
    return this.mode === 'story' ? last.prompt + last.answer : visibleAnswer(last.answer);
  }

  get canUndo(): boolean {
    return this.#steps.length > 0;
  }

  /** All that follow on `previous`, in the order in which they were asked. */
  following(previous: Exchange | undefined): readonly Exchange[] {
    return this.#all.filter((exchange) => exchange.previous === previous);
  }

  /** Adds a question, as a branch of its own where others have followed on the last exchange. */
  ask(prompt: string): Exchange {
    const exchange: Exchange = { id: this.#nextId++, prompt, previous: this.last, answer: '', unseen: '', finish: 'running' };
    this.#steps.push({ exchanges: [...this.exchanges], added: exchange });
    this.#all.push(exchange);
    this.exchanges.push(exchange);
    return exchange;
  }

  /** The last question once more, beside the answer that it has; in place of it where there is none. */
  askAgain(): Exchange | undefined {
    const { last } = this;
    if (last?.answer === '') last.unseen = '';
    if (!last?.answer) return last;
    const exchanges = [...this.exchanges];
    this.exchanges.pop();
    const again = this.ask(last.prompt);
    this.#steps.splice(-1, 1, { exchanges, added: again });
    return again;
  }

  /** Ends the branch on show after `exchange`, or before everything: what is asked next begins another. */
  branchAfter(exchange: Exchange | undefined): void {
    this.#steps.push({ exchanges: [...this.exchanges], added: undefined });
    this.exchanges.splice(exchange ? this.exchanges.indexOf(exchange) + 1 : 0);
  }

  /** Shows the branch of `exchange`, and in it what was asked last each time. */
  show(exchange: Exchange): void {
    const path: Exchange[] = [];
    for (let one: Exchange | undefined = exchange; one; one = one.previous) path.unshift(one);
    for (let next: Exchange | undefined = exchange; (next = this.following(next).at(-1)); ) path.push(next);
    this.exchanges = path;
  }

  /** Takes back the last question, repetition or branch. Returns what was asked, if that is gone now. */
  undo(): Exchange | undefined {
    const step = this.#steps.pop();
    if (!step) return undefined;
    this.exchanges = [...step.exchanges];
    this.#all = this.#all.filter((exchange) => exchange !== step.added);
    return step.added;
  }

  /** Empties the conversation. The result brings back what was in it, in place of what has come since. */
  clear(): () => void {
    const { exchanges } = this;
    const [all, steps] = [this.#all, this.#steps];
    this.exchanges = [];
    this.#all = [];
    this.#steps = [];
    return () => {
      this.exchanges = exchanges;
      this.#all = all;
      this.#steps = steps;
    };
  }

  /** What the model is to read so that it goes on after `last`. */
  promptForLast(): Prompt {
    const { last } = this;
    if (this.mode === 'story') return last ? last.prompt + last.answer : '';
    const messages: Message[] = this.system ? [{ role: 'system', content: this.system }] : [];
    for (const exchange of this.exchanges) {
      const { prompt, answer } = exchange;
      // A question that was never answered is not part of what the model remembers.
      if (answer === '' && exchange !== last) continue;
      messages.push({ role: 'user', content: prompt });
      if (answer) messages.push({ role: 'assistant', content: answer });
    }
    return messages;
  }

  /** Where the engine may have been that this prompt goes on from, the most of it first, and what it is to call the places that it comes by. */
  turnOf(exchange: Exchange): { readonly from: readonly string[]; readonly prompt: string; readonly answer: string } {
    const from = exchange.answer === '' ? [] : [afterAnswer(exchange)];
    for (const other of this.following(exchange.previous)) if (exchange.answer === '' && other.prompt === exchange.prompt) from.push(afterPrompt(other));
    if (this.mode === 'chat') {
      for (let one = exchange.previous; one; one = one.previous) {
        if (one.answer === '') continue;
        if (one.unseen === '') from.push(afterAnswer(one));
        from.push(afterPrompt(one));
      }
    }
    return { from, prompt: afterPrompt(exchange), answer: afterAnswer(exchange) };
  }
}
