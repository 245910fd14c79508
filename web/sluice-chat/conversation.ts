import type { FinishReason } from '../../engine/schedule/generate-event.ts';
import type { Message, Prompt } from '../../models/model.ts';

/** What was asked and what came of it. In a story the prompt is the beginning of the text itself. */
export interface Exchange {
  readonly prompt: string;
  answer: string;
  finish: FinishReason | 'stopped' | 'failed' | 'running';
}

/** `chat` for models with a chat template; others continue a text. */
export type Mode = 'chat' | 'story';

/** The exchanges on show and the prompts that they make. Every story is a text of its own; a chat remembers. */
export class Conversation {
  mode: Mode = 'story';
  system = '';
  exchanges: Exchange[] = [];

  get last(): Exchange | undefined {
    return this.exchanges.at(-1);
  }

  ask(prompt: string): Exchange {
    const exchange: Exchange = { prompt, answer: '', finish: 'running' };
    this.exchanges.push(exchange);
    return exchange;
  }

  /** Empties the conversation and returns what was in it. */
  clear(): Exchange[] {
    return this.exchanges.splice(0);
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
}
