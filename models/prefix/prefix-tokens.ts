import { PromptError } from '../errors/prompt-error.ts';
import type { Message, Prompt } from '../model.ts';
import type { LoadedParts } from '../runtime/loaded-parts.ts';
import { planPrompt } from '../runtime/plan-prompt.ts';

/** What a turn may begin with. Tokens merge differently with letters, digits, spaces, line breaks and quotes. */
const BEGINNINGS = ['a', 'Z', '0', ' ', '\n', '"', 'é', '中'];

const isMessages = (prompt: Prompt): prompt is readonly Message[] => Array.isArray(prompt);

/**
 * Tokens that a conversation which begins with `prompt` begins with, however it goes on: what several continuations have in common,
 * since the last token of a text may merge with what follows, and templates may put a system prompt inside the first user's turn.
 * Throws as `planPrompt` does.
 */
export function prefixTokens(prompt: Prompt, { runner, text }: Pick<LoadedParts, 'text'> & { readonly runner: Pick<LoadedParts['runner'], 'options' | 'vocabulary'> }): readonly number[] {
  const read = (whole: Prompt): readonly number[] => planPrompt(whole, { sequence: { tokens: [], position: 0, reusable: () => 0 }, transcript: '', text, context: runner.options.context, vocabulary: runner.vocabulary }).tokens;
  if (typeof prompt !== 'string' && !isMessages(prompt)) return read(prompt);
  const whole = continuations(prompt).map((continued) => attempt(() => read(continued)));
  const readable = whole.filter((tokens): tokens is readonly number[] => !(tokens instanceof Error));
  if (readable.length === 0) throw whole[0];
  const prefix = readable.reduce(common);
  // A conversation needs one token more, to predict the next from.
  const tokens = isMessages(prompt) && endsWithUser(prompt) ? prefix.slice(0, -1) : prefix;
  if (tokens.length === 0) throw new PromptError('Nothing of this prompt is sure to come first in a conversation, so it cannot be cached.');
  return tokens;
}

const endsWithUser = (messages: readonly Message[]): boolean => messages.at(-1)?.role === 'user';

/** Conversations that have no more in common than what was asked for. */
function continuations(prompt: string | readonly Message[]): Prompt[] {
  // A word that goes on, and space that does, may become other tokens; nothing before them does.
  if (typeof prompt === 'string') return [prompt, prompt.replace(/\s+$|\S{1,16}$/u, '')];
  // After a user's turn the model answers.
  if (endsWithUser(prompt)) return [prompt, [...prompt, { role: 'assistant', content: 'a' }, { role: 'user', content: 'a' }]];
  return BEGINNINGS.map((content) => [...prompt, { role: 'user', content }]);
}

/** Templates may refuse a continuation. */
function attempt(read: () => readonly number[]): readonly number[] | Error {
  try {
    return read();
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

function common(a: readonly number[], b: readonly number[]): readonly number[] {
  const end = a.findIndex((id, i) => id !== b[i]);
  return end < 0 ? a : a.slice(0, end);
}
