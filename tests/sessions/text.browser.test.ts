import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTokenizer, type Tokenizer } from '../../models/text/tokenizer.ts';
import type { Message, Model } from '../../index.ts';
import { failure, loadChanged, randomTokens, run, STORY_FILES, TOKEN_FILES, type Generated } from './fixtures.ts';
import { spyOnGpu } from './gpu-calls.ts';

const gpu = spyOnGpu();
const TEMPLATE = "{% for m in messages %}{{ '<s>' + m.role + ':' + m.content }}{% if m.role == 'assistant' %}</s>{% endif %}{% endfor %}{% if add_generation_prompt %}<s>assistant:{% endif %}";
const withTemplate = { 'tokenizer_config.json': (json: object) => ({ ...json, chat_template: TEMPLATE }) };
const PROMPT = 'Once upon a time';

let model: Model;
let tokenizer: Tokenizer;
/** ", there was a little girl named Lily. She l…" */
let whole: Generated;

beforeAll(async () => {
  model = await loadChanged('real/stories260K', STORY_FILES, withTemplate, { contextLength: 96, prefillChunk: 32 });
  const json = async (name: string): Promise<unknown> => (await fetch(`/tests/fixtures/real/stories260K/${name}`)).json();
  tokenizer = createTokenizer(await json('tokenizer.json'), await json('tokenizer_config.json'));
  whole = await run(model, PROMPT, { maxTokens: 18 });
});
afterAll(() => {
  model.dispose();
  expect(gpu.errors).toEqual([]);
});

const decode = (ids: readonly number[]): string => tokenizer.decode(ids, { skipSpecialTokens: true });

describe('what is streamed', () => {
  test('is together the text of the tokens, and comes piece by piece', () => {
    const prompt = tokenizer.encode(PROMPT, { addSpecialTokens: true });
    expect(decode([...prompt, ...whole.ids])).toBe(PROMPT + whole.text);
    expect(whole.text).toMatch(/^, there was a little girl/);
    expect(whole.deltas.length).toBeGreaterThan(12);
  });

  test.each([1, 2])('never has half a character, whatever bytes come (seed %i)', async (seed) => {
    const { ids, text, deltas } = await run(model, { tokens: [1, ...randomTokens(3, 512, seed)] }, { temperature: 1000, seed, maxTokens: 24 });
    // Half of the vocabulary are bytes.
    expect(ids.filter((id) => id >= 3 && id < 259).length).toBeGreaterThan(5);
    expect(text).toBe(tokenizer.decode([410, ...ids], { skipSpecialTokens: true }).slice(decode([410]).length));
    for (const delta of deltas) expect(delta).not.toMatch(/[\uD800-\uDFFF]/u);
  });

  test('tokens alone: no space is added where a prompt continues the text', async () => {
    const session = model.createSession();
    await run(session, 'Once upon', { maxTokens: 1 });
    const { promptTokens } = await run(session, ' a time', { maxTokens: 1 });
    expect(promptTokens).toBe(tokenizer.encode('Once upon', { addSpecialTokens: true }).length + 1 + tokenizer.encode('a time', { addSpecialTokens: false }).length);
    session.dispose();
  });
});

describe('stop strings', () => {
  const cases: readonly (readonly [string, string | readonly string[], string])[] = [
    ['that straddle tokens', 'ttle girl na', 'ttle girl na'],
    ['inside a token', 'as', 'as'],
    ['of which the first to begin counts', ['girl', 'zzz', ' little', 'ittle g'], ' little'],
    ['at the very start', ',', ','],
  ];
  test.each(cases)('%s', async (_, stop, found) => {
    const session = model.createSession();
    const at = whole.text.indexOf(found);
    expect(at).toBeGreaterThanOrEqual(0);
    const first = await run(session, PROMPT, { maxTokens: 18, stop });
    expect(first).toMatchObject({ text: whole.text.slice(0, at), finishReason: 'stop-string' });
    // All that was generated is reported and stays: the session goes on as if it had been given as tokens.
    expect(first.ids).toEqual(whole.ids.slice(0, first.ids.length));
    expect(first.usage.completionTokens).toBe(first.ids.length);
    expect(session.length).toBe(tokenizer.encode(PROMPT, { addSpecialTokens: true }).length + first.ids.length);
    expect((await run(session, '', { maxTokens: 3 })).ids).toEqual(whole.ids.slice(first.ids.length, first.ids.length + 3));
    session.dispose();
  });

  test('that do not come hold nothing back for good', async () => {
    const { text, finishReason } = await run(model, PROMPT, { maxTokens: 12, stop: ['girl named Tom', whole.text.slice(10, 40) + '?'] });
    expect(finishReason).toBe('length');
    expect(whole.text.startsWith(text)).toBe(true);
    expect(text).toBe((await run(model, PROMPT, { maxTokens: 12 })).text);
  });
});

describe('messages', () => {
  const first: readonly Message[] = [{ role: 'user', content: 'Tell me of a cat' }];
  const more = (answer: string): readonly Message[] => [...first, { role: 'assistant', content: answer }, { role: 'user', content: 'And then' }];

  test('a second turn reads only what is new and says what a fresh session says', async () => {
    const session = model.createSession();
    const answer = await run(session, first, { maxTokens: 5 });
    const held = session.length;
    const second = await run(session, more(answer.text), { maxTokens: 5 });
    expect(second.cachedTokens).toBe(held - 1);
    expect(second.ids).toEqual((await run(model, more(answer.text), { maxTokens: 5 })).ids);

    const edited = more('Once');
    const third = await run(session, edited, { maxTokens: 5 });
    expect(third.cachedTokens).toBeGreaterThan(10);
    expect(third.cachedTokens).toBeLessThan(held);
    expect(third.ids).toEqual((await run(model, edited, { maxTokens: 5 })).ids);
    session.dispose();
  });

  test('a second turn after an answer that was cut off', async () => {
    const session = model.createSession();
    let answer = '';
    for await (const event of session.generate(first, { temperature: 0, stopTokens: [] })) {
      if (event.type !== 'text-delta') continue;
      answer += event.text;
      if (answer.length > 6) break;
    }
    const held = session.length;
    const second = await run(session, more(answer), { maxTokens: 4 });
    expect(second.cachedTokens).toBe(held - 1);
    expect(second.ids).toEqual((await run(model, more(answer), { maxTokens: 4 })).ids);
    session.dispose();
  });

  test('a conversation that the template refuses changes nothing', async () => {
    const session = model.createSession();
    await run(session, first, { maxTokens: 2 });
    const held = session.length;
    const refusing = await loadChanged('real/stories260K', STORY_FILES, { 'tokenizer_config.json': (json) => ({ ...json, chat_template: "{{ raise_exception('no') }}" }) }, { contextLength: 96, prefillChunk: 32 });
    expect(await failure(run(refusing, first))).toMatchObject({ code: 'chat-template', problem: 'refused' });
    refusing.dispose();
    expect(await failure(run(session, [{ role: 'user', content: 'x '.repeat(200) }]))).toMatchObject({ code: 'generate/context-full' });
    expect(session.length).toBe(held);
    session.dispose();
  });
});

test('a hybrid model continues its state, and reads an edited conversation anew', async () => {
  // The hybrid fixture has no tokenizer: the bytes and special tokens of the other one fit into its vocabulary.
  const json: unknown = await (await fetch('/tests/fixtures/real/stories260K/tokenizer.json')).json();
  const bytes = (all: unknown): unknown => {
    const copy = JSON.parse(JSON.stringify(all));
    copy.model.vocab = Object.fromEntries(Object.entries(copy.model.vocab).filter(([, id]) => Number(id) < 160));
    copy.model.merges = [];
    copy.normalizer = null;
    copy.decoder = { type: 'Sequence', decoders: [{ type: 'ByteFallback' }, { type: 'Fuse' }] };
    return copy;
  };
  const hybrid = await loadChanged('arch/qwen3_5_text', TOKEN_FILES, { 'tokenizer.json': () => bytes(json), 'tokenizer_config.json': () => ({ bos_token: '<s>', eos_token: '</s>', chat_template: TEMPLATE }) }, { contextLength: 96, prefillChunk: 32 });
  const turns = (content: string, answer: string): readonly Message[] => [{ role: 'user', content }, { role: 'assistant', content: answer }, { role: 'user', content: 'B' }];
  const session = hybrid.createSession();
  const { text } = await run(session, [{ role: 'user', content: 'A' }], { maxTokens: 3 });
  const held = session.length;
  const second = await run(session, turns('A', text), { maxTokens: 3 });
  expect(second.cachedTokens).toBe(held - 1);
  const third = await run(session, turns('C', text), { maxTokens: 3 });
  expect(third.cachedTokens).toBe(0);
  expect(third.ids).toEqual((await run(hybrid, turns('C', text), { maxTokens: 3 })).ids);
  hybrid.dispose();
});
