import { expect, test } from 'vitest';
import { Conversation, type Exchange } from './conversation.ts';

function answered(conversation: Conversation, prompt: string): Exchange {
  const exchange = conversation.ask(prompt);
  exchange.answer = `${prompt}!`;
  exchange.finish = 'stop-token';
  return exchange;
}

const shown = ({ exchanges }: Conversation): string => exchanges.map(({ prompt, id }) => `${prompt}${id}`).join(' ');

test('branches share what is before them, and each can be gone back to', () => {
  const conversation = new Conversation();
  conversation.mode = 'chat';
  const [a, b] = [answered(conversation, 'a'), answered(conversation, 'b')];
  answered(conversation, 'c');
  conversation.branchAfter(a);
  const d = answered(conversation, 'd');
  expect(conversation.following(a)).toEqual([b, d]);
  expect(conversation.turnOf(d).from).toEqual(['answer 4', 'answer 1', 'prompt 1']);
  conversation.show(b);
  expect(shown(conversation)).toBe('a1 b2 c3');
  expect(conversation.promptForLast()).toHaveLength(6);
  // The question, the branch, and the questions before them.
  conversation.undo();
  expect(shown(conversation)).toBe('a1');
  expect(conversation.following(a)).toEqual([b]);
  conversation.undo();
  expect(shown(conversation)).toBe('a1 b2 c3');
});

test('a repetition stands beside the answer, and in place of none', () => {
  const conversation = new Conversation();
  conversation.mode = 'chat';
  const a = answered(conversation, 'a');
  const again = conversation.askAgain();
  expect(again).not.toBe(a);
  // Stopped before a word of it was seen.
  if (again) again.unseen = ' never seen';
  expect(conversation.askAgain()).toBe(again);
  expect(again?.unseen).toBe('');
  expect(conversation.following(undefined)).toEqual([a, again]);
  expect(again && conversation.turnOf(again).from).toEqual(['prompt 1', 'prompt 2']);
  // Of an answer that was stopped the reader has not seen all: what follows goes on from its question.
  a.unseen = ' more';
  conversation.show(a);
  const b = conversation.ask('b');
  expect(conversation.turnOf(b).from).toEqual(['prompt 3', 'prompt 1']);
  conversation.clear()();
  expect(shown(conversation)).toBe('a1 b3');
});
