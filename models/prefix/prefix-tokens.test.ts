import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PLAIN_KV_LAYOUTS } from '../../shaders/kv/plain-kv-layouts.ts';
import type { Message, Prompt } from '../model.ts';
import type { ChatTemplate } from '../text/chat-template.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { prefixTokens } from './prefix-tokens.ts';

const folder = new URL('../../tests/fixtures/real/stories260K/', import.meta.url);
const json = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const tokenizer = createTokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
const runner = { options: { context: 400, chunk: 8, kv: PLAIN_KV_LAYOUTS.f32 }, vocabulary: 512 };

const turns: ChatTemplate = { render: (messages) => messages.map(({ role, content }) => `<s>${role}: ${content}\n`).join('') + '<s>assistant:' };
/** Puts the system prompt inside the user's first turn, and takes no spaces around a turn. */
const folded: ChatTemplate = {
  render([first, ...rest]) {
    const [system, others] = first.role === 'system' ? [`${first.content}\n\n`, rest] : ['', [first, ...rest]];
    if (others[0]?.role !== 'user') throw new Error('a conversation begins with a user');
    return others.map(({ role, content }, i) => `<s>${role}\n${i === 0 ? system : ''}${content.trim()}</s>\n`).join('') + '<s>model\n';
  },
};

const system = (content: string): Message => ({ role: 'system', content });
const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });
const of = (prompt: Prompt, template?: ChatTemplate): readonly number[] => prefixTokens(prompt, { runner, text: { tokenizer, template } });
const whole = (text: string, addSpecialTokens = false): readonly number[] => tokenizer.encode(text, { addSpecialTokens });
const QUESTIONS = ['Why?', 'a', ' spaced', '\n\nbelow', '0 is a number', '"quoted"', '…', 'zebra', '中文'];

describe.each([['turns of their own', turns], ['turns that are folded', folded]])('%s', (_, template) => {
  test('a system prompt is what conversations begin with, whatever the question', () => {
    const prefix = of([system('You tell stories about a little dog.')], template);
    const missed = QUESTIONS.filter((question) => {
      const tokens = whole(template.render([system('You tell stories about a little dog.'), user(question)], { addGenerationPrompt: true }));
      return prefix.some((id, i) => id !== tokens[i]);
    });
    expect(missed).toEqual([]);
    const text = tokenizer.decode([...prefix], { skipSpecialTokens: true });
    expect(text).toContain('You tell stories about a little dog');
  });

  test('a question ends before what the model says, whose first token is not of the prefix', () => {
    const conversation = [user('Tell me a story')];
    const prefix = of(conversation, template);
    for (const messages of [conversation, [...conversation, assistant('Once.'), user('More')]]) {
      const tokens = whole(template.render(messages, { addGenerationPrompt: true }));
      expect(tokens.slice(0, prefix.length)).toEqual(prefix);
      expect(prefix.length).toBeLessThan(tokens.length);
    }
    expect(tokenizer.decode([...prefix], { skipSpecialTokens: true })).toContain('Tell me a story');
  });
});

test('a text ends before a token that may merge with what follows', () => {
  for (const text of ['Once upon a time, there was a li', 'Once upon a time, there was a ', 'Once upon a time, there was a\n']) {
    const prefix = of(text);
    for (const more of ['ttle dog', 'on', '', '\n', ' ']) expect(whole(text + more, true).slice(0, prefix.length)).toEqual(prefix);
    expect(tokenizer.decode([...prefix], { skipSpecialTokens: true })).toContain('Once upon a time, there was');
  }
});

test('token ids are taken as they are, and what cannot be read is refused', () => {
  expect(of({ tokens: [5, 6, 7] })).toEqual([5, 6, 7]);
  expect(() => of({ tokens: [512] })).toThrow(expect.objectContaining({ code: 'invalid-option' }));
  expect(() => of([user('x')])).toThrow(expect.objectContaining({ code: 'generate/prompt' }));
  expect(() => of('word '.repeat(500))).toThrow(expect.objectContaining({ code: 'generate/context-full' }));
  expect(() => of([assistant('x')], folded)).toThrow('begins with a user');
});
