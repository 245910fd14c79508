import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import { Sequence } from '../../engine/schedule/sequence.ts';
import { SequenceState } from '../../engine/schedule/sequence-state.ts';
import { PLAIN_KV_LAYOUTS } from '../../shaders/kv/plain-kv-layouts.ts';
import type { Message, Prompt } from '../model.ts';
import type { ModelText } from '../text/load-text.ts';
import { createTokenizer } from '../text/tokenizer.ts';
import { AnswerText } from './answer-text.ts';
import { planPrompt, type PlannedPrompt } from './plan-prompt.ts';

const folder = new URL('../../tests/fixtures/real/stories260K/', import.meta.url);
const json = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
const tokenizer = createTokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
const template = { render: (messages: readonly Message[]) => messages.map(({ role, content }) => `<s>${role}:${content}${role === 'assistant' ? '</s>' : ''}`).join('') + '<s>assistant:' };
const text: ModelText = { tokenizer, template };
const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });
const decode = (ids: readonly number[]): string => tokenizer.decode(ids, { skipSpecialTokens: true });

const noBuffers = Object.assign(Object.create(null), { allocateAll: (requests: readonly unknown[]) => Promise.resolve(requests.map(() => ({}))) });
async function sequenceOf(kind: 'kv' | 'recurrent'): Promise<Sequence> {
  const declaration = kind === 'kv' ? { kind, kvHeads: 1, headDim: 4 } : { kind, heads: 1, keyDim: 4, valueDim: 4 };
  return new Sequence(await SequenceState.allocate(noBuffers, [declaration], { context: 40, kv: PLAIN_KV_LAYOUTS.f32, rows: 8 }));
}

let sequence: Sequence;
let transcript: string | undefined;
beforeEach(async () => {
  sequence = await sequenceOf('kv');
  transcript = '';
});

const plan = (prompt: Prompt, of: Partial<ModelText> = text): PlannedPrompt => planPrompt(prompt, { sequence, transcript, text: { tokenizer: undefined, template: undefined, ...of }, context: 40, vocabulary: 512 });

/** As a generation does it: the plan is read, then `answer` is generated, its last token still unread. */
function play(prompt: Prompt, answer: readonly number[]): PlannedPrompt {
  const next = plan(prompt);
  sequence.tokens = [...next.tokens, ...answer];
  sequence.state.advance(sequence.tokens.length - 1 - sequence.position);
  const spoken = new AnswerText(tokenizer, { stopStrings: [], position: 'middle' });
  transcript = next.transcript === undefined ? undefined : next.transcript + answer.map((id) => spoken.remember(id)).join('');
  return next;
}

describe('text', () => {
  test('begins with the special tokens of the checkpoint, once', () => {
    expect(play('Once upon', [403])).toMatchObject({ keep: 0, transcript: undefined });
    expect(sequence.tokens[0]).toBe(1);
    expect(plan(' a time').tokens.filter((id) => id === 1)).toEqual([1]);
  });

  test.each([' a time', 'ly there', '. She', '\nThe', '  two', 'Ä', ''])('continues as it is written: %j', (rest) => {
    play('Once upon', [403]);
    const { tokens, keep } = plan(rest);
    expect(decode(tokens)).toBe(decode(sequence.tokens) + rest);
    expect(tokens.slice(0, sequence.tokens.length)).toEqual(sequence.tokens);
    expect(keep).toBe(sequence.tokens.length - 1);
  });
});

describe('messages', () => {
  const answer = tokenizer.encode('She was', { addSpecialTokens: false });

  test('that continue the text are read from there, and give what reading everything would', () => {
    play([user('Hello')], [...answer, 2]);
    const { tokens, keep, transcript: next } = plan([user('Hello'), assistant(decode([403, ...answer]).slice(decode([403]).length)), user('More')]);
    expect(next).toBe('<s>user:Hello<s>assistant: She was</s><s>user:More<s>assistant:');
    expect(keep).toBe(sequence.tokens.length - 1);
    expect(tokens.slice(0, sequence.tokens.length)).toEqual(sequence.tokens);
    expect(tokens.slice(sequence.tokens.length)).toEqual(tokenizer.encode('<s>user:More<s>assistant:', { addSpecialTokens: false }));
  });

  test('that were edited keep the tokens in common, where the state can be cut', async () => {
    const before = [user('Hello there'), assistant('Yes'), user('More')];
    const after = [user('Hello there'), assistant('No'), user('More')];
    play(before, answer);
    const { tokens, keep } = plan(after);
    expect(tokens).toEqual(tokenizer.encode(template.render(after), { addSpecialTokens: false }));
    expect(keep).toBeGreaterThan(5);
    expect(tokens.slice(0, keep)).toEqual(sequence.tokens.slice(0, keep));
    expect(tokens[keep]).not.toBe(sequence.tokens[keep]);

    sequence = await sequenceOf('recurrent');
    transcript = '';
    play(before, answer);
    expect(plan(after)).toMatchObject({ tokens, keep: 0 });
  });

  test('that are said again leave one token to read', () => {
    const { tokens } = play([user('Hello')], answer);
    expect(plan([user('Hello')])).toMatchObject({ tokens, keep: tokens.length - 1 });
  });

  test('after raw text or token ids count by their tokens alone', () => {
    play({ tokens: [1] }, []);
    play({ tokens: [] }, tokenizer.encode('<s>', { addSpecialTokens: false }));
    const { tokens } = plan([user('Hello')]);
    expect(tokens).toEqual(tokenizer.encode('<s>user:Hello<s>assistant:', { addSpecialTokens: false }));
  });
});

describe('refusals change nothing', () => {
  test.each([
    ['no tokenizer', 'Hello', { tokenizer: undefined }, 'tokenizer.json'],
    ['no chat template', [user('Hello')], { tokenizer }, 'no chat template'],
    ['nothing to read', { tokens: [] }, text, 'empty'],
    ['no prompt at all', JSON.parse('{}'), text, 'neither'],
    ['a null', JSON.parse('null'), text, 'neither'],
    ['a token beyond the vocabulary', 'Hello', { tokenizer: { ...tokenizer, encode: () => [1, 512] } }, 'token 512'],
  ])('%s', (_, prompt: Prompt, of, message) => {
    expect(() => plan(prompt, of)).toThrow(expect.objectContaining({ code: 'generate/prompt', message: expect.stringContaining(message) }));
  });

  test('a prompt beyond the context, with what is needed and what is left', () => {
    expect(plan({ tokens: Array.from({ length: 40 }, () => 5) }).tokens.length).toBe(40);
    play({ tokens: Array.from({ length: 30 }, () => 5) }, [6]);
    const before = [...sequence.tokens];
    expect(() => plan({ tokens: Array.from({ length: 10 }, () => 5) })).toThrow(expect.objectContaining({ code: 'generate/context-full', needed: 11, available: 10, contextLength: 40 }));
    expect(plan({ tokens: Array.from({ length: 9 }, () => 5) }).keep).toBe(30);
    expect(sequence.tokens).toEqual(before);
  });
});
