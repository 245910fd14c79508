import { h } from './dom.ts';
import { renderBlock, splitBlocks } from './markdown.ts';

/** Splits off what a reasoning model thought before it answered. A template may have opened the block in the prompt. */
export function splitThinking(text: string): { thought: string; answer: string; thinking: boolean } {
  const end = text.indexOf('</think>');
  const start = text.trimStart().startsWith('<think>') ? text.indexOf('<think>') + '<think>'.length : 0;
  if (end >= 0) return { thought: text.slice(start, end).trim(), answer: text.slice(end + '</think>'.length).trimStart(), thinking: false };
  if (start > 0) return { thought: text.slice(start).trim(), answer: '', thinking: true };
  return { thought: '', answer: text, thinking: false };
}

/** What a reader sees of an answer: what the model thought first is folded away. */
export const visibleAnswer = (text: string): string => splitThinking(text).answer;

/** An answer of a chat model as it grows: only blocks that changed are built again. */
export class AnswerView {
  readonly element = h('div', { class: 'answer', 'data-part': 'answer' });
  readonly #body = h('div', { class: 'answer-body' });
  readonly #thought = h('p');
  readonly #summary = h('summary');
  readonly #thoughts = h('details', { class: 'thought' }, this.#summary, this.#thought);
  #blocks: string[] = [];

  constructor() {
    this.element.append(this.#body);
  }

  show(text: string): void {
    const { thought, answer, thinking } = splitThinking(text);
    if (thought || thinking) {
      this.#summary.textContent = thinking ? 'Thinking…' : 'Thoughts';
      this.#thought.textContent = thought;
      if (!this.#thoughts.isConnected) this.element.prepend(this.#thoughts);
    }
    const blocks = splitBlocks(answer);
    blocks.forEach((block, index) => {
      if (this.#blocks[index] === block) return;
      const old = this.#body.children[index];
      if (old) old.replaceWith(renderBlock(block));
      else this.#body.append(renderBlock(block));
    });
    while (this.#body.childElementCount > blocks.length) this.#body.lastElementChild?.remove();
    this.#blocks = blocks;
  }
}
