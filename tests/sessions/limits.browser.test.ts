import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ContextFullError, InvalidOptionError, SessionBusyError, type GenerateOptions, type Model } from '../../index.ts';
import { collect, failure, loadChanged, loadFixture, randomTokens, run, TOKEN_FILES } from './fixtures.ts';
import { spyOnGpu } from './gpu-calls.ts';

const gpu = spyOnGpu();
const CONTEXT = 12;
const VOCABULARY = 160;
const tokens = randomTokens(20, VOCABULARY, 3);
let model: Model;

beforeAll(async () => {
  model = await loadFixture('arch/llama', { contextLength: CONTEXT, prefillChunk: 4 });
});
afterAll(() => {
  model.dispose();
  expect(gpu.errors).toEqual([]);
});

describe('a full context', () => {
  test.each([
    [CONTEXT, 1],
    [CONTEXT - 1, 2],
    [CONTEXT - 3, 4],
  ])('a prompt of %i tokens leaves room for %i', async (count, room) => {
    const session = model.createSession();
    const first = await run(session, { tokens: tokens.slice(0, count) });
    expect(first).toMatchObject({ finishReason: 'length', usage: { completionTokens: room } });
    expect(first.ids).toEqual((await run(model, { tokens: tokens.slice(0, count) }, { maxTokens: room })).ids);
    expect(session.length).toBe(CONTEXT + 1);
    expect(await failure(run(session, { tokens: [1] }))).toBeInstanceOf(ContextFullError);
    expect(await failure(run(session, { tokens: [] }))).toBeInstanceOf(ContextFullError);
    expect(session.length).toBe(CONTEXT + 1);
  });

  test('a prompt that does not fit changes nothing', async () => {
    const session = model.createSession();
    expect(await failure(run(session, { tokens: tokens.slice(0, CONTEXT + 1) }))).toMatchObject({ code: 'generate/context-full', needed: CONTEXT + 1, available: CONTEXT, contextLength: CONTEXT });
    const first = await run(session, { tokens: tokens.slice(0, 6) }, { maxTokens: 2 });
    // Seven tokens are read, the eighth is pending.
    expect(await failure(run(session, { tokens: tokens.slice(0, 5) }))).toMatchObject({ needed: 6, available: 5 });
    expect(session.length).toBe(8);
    const next = await run(session, { tokens: tokens.slice(0, 4) });
    expect(next).toMatchObject({ cachedTokens: 7, promptTokens: 12 });
    expect(next.ids).toEqual((await run(model, { tokens: [...tokens.slice(0, 6), ...first.ids, ...tokens.slice(0, 4)] })).ids);
  });
});

test('one generation at a time, from the first moment on', async () => {
  const session = model.createSession();
  const both = await Promise.allSettled([run(session, { tokens: [5] }, { maxTokens: 2 }), run(session, { tokens: [6] }, { maxTokens: 2 })]);
  expect(both).toMatchObject([{ status: 'fulfilled' }, { status: 'rejected', reason: { code: 'generate/session-busy' } }]);

  const events = session.generate({ tokens: [7] }, { temperature: 0, stopTokens: [], maxTokens: 2 });
  await events.next();
  expect(await failure(run(session, { tokens: [8] }))).toBeInstanceOf(SessionBusyError);
  expect(() => session.reset()).toThrow(SessionBusyError);
  for await (const _ of events);
  expect(session.length).toBe(6);
});

describe('what is wrong is said before anything happens', () => {
  const options: readonly (readonly [string, object])[] = [
    ['temperature', { temperature: -1 }],
    ['topK', { topK: 1.5 }],
    ['topP', { topP: 0 }],
    ['minP', { minP: 2 }],
    ['repetitionPenalty', { repetitionPenalty: 0 }],
    ['presencePenalty', { presencePenalty: NaN }],
    ['frequencyPenalty', { frequencyPenalty: '1' }],
    ['seed', { seed: -1 }],
    ['maxTokens', { maxTokens: 0 }],
    ['maxTokens', { maxTokens: '5' }],
    ['stop', { stop: '' }],
    ['stop', { stop: ['a', ''] }],
    ['stop', { stop: 5 }],
    // Without a tokenizer there is no text to look for it in.
    ['stop', { stop: 'The end' }],
    ['stopTokens', { stopTokens: [VOCABULARY] }],
    ['stopTokens', { stopTokens: 2 }],
  ];
  test.each(options)('%s: %o', async (option, wrong: GenerateOptions) => {
    const session = model.createSession();
    const before = { ...gpu };
    const error = await failure(run(session, { tokens: [5] }, wrong));
    expect(error).toBeInstanceOf(InvalidOptionError);
    expect(error).toMatchObject({ option });
    expect(session.length).toBe(0);
    expect({ submits: gpu.submits, buffers: gpu.buffers }).toEqual({ submits: before.submits, buffers: before.buffers });
  });

  test.each([[[-1]], [[1, VOCABULARY]], [[1.5]], [[NaN]], [['1']], ['12'], [7], [null]])('tokens %j', async (wrong) => {
    const session = model.createSession();
    const prompt: { tokens: number[] } = JSON.parse('{}');
    Object.assign(prompt, { tokens: wrong });
    expect(await failure(run(session, prompt))).toMatchObject({ code: 'invalid-option', option: 'tokens' });
    expect(session.length).toBe(0);
    expect(await failure(model.logits(prompt.tokens))).toMatchObject({ code: 'invalid-option', option: 'tokens' });
  });

  test.each([[{ tokens: [] }], ['Once'], [[{ role: 'user', content: 'Hello' }]]])('the prompt %j, which this checkpoint cannot read', async (prompt) => {
    expect(await failure(run(model, prompt))).toMatchObject({ code: 'generate/prompt' });
  });
});

describe('logits', () => {
  test('do not depend on the chunks', async () => {
    const whole = await loadFixture('arch/llama', { contextLength: CONTEXT, prefillChunk: CONTEXT });
    for (const count of [1, 4, 9, CONTEXT]) {
      const chunked = await model.logits(tokens.slice(0, count));
      const atOnce = await whole.logits(tokens.slice(0, count));
      expect(chunked.length).toBe(count * VOCABULARY);
      const difference = chunked.reduce((most, value, i) => Math.max(most, Math.abs(value - atOnce[i])), 0);
      expect(difference).toBeLessThan(1e-5 * atOnce.reduce((most, value) => Math.max(most, Math.abs(value)), 0));
    }
    whole.dispose();
  });

  test('refuse what is empty or too long', async () => {
    expect(await failure(model.logits([]))).toMatchObject({ code: 'invalid-option', option: 'tokens' });
    expect(await failure(model.logits(tokens.slice(0, CONTEXT + 1)))).toMatchObject({ code: 'generate/context-full', needed: CONTEXT + 1, available: CONTEXT });
  });

  test('can be aborted, and leave nothing behind', async () => {
    await model.logits(tokens.slice(0, 9));
    const live = gpu.live.size;
    expect(await failure(model.logits([1], { signal: AbortSignal.abort() }))).toMatchObject({ name: 'AbortError' });
    const controller = new AbortController();
    const before = gpu.submits;
    gpu.onSubmit = () => controller.abort();
    expect(await failure(model.logits(tokens.slice(0, 9), { signal: controller.signal }))).toMatchObject({ name: 'AbortError' });
    gpu.onSubmit = undefined;
    // The first chunk and the copy of its logits.
    expect(gpu.submits - before).toBe(2);
    expect(gpu.live.size).toBe(live);
  });
});

describe('generation_config.json', () => {
  const prompt = { tokens: tokens.slice(0, 3) };
  const load = (generation: object, config: object = {}): Promise<Model> =>
    loadChanged('arch/llama', TOKEN_FILES, { 'generation_config.json': () => generation, 'config.json': (json) => ({ ...json, ...config }) }, { contextLength: CONTEXT, prefillChunk: 4 });
  let greedy: readonly number[];
  beforeAll(async () => {
    greedy = (await run(model, prompt, { maxTokens: 6 })).ids;
  });

  test.each([
    ['a number', (id: number) => ({ generation: { eos_token_id: id }, config: {} })],
    ['a list', (id: number) => ({ generation: { eos_token_id: [159, id] }, config: {} })],
    ['in the text_config', (id: number) => ({ generation: {}, config: { text_config: { eos_token_id: [id] } } })],
  ])('stop tokens: %s', async (_, files) => {
    const id = greedy[2];
    const { generation, config } = files(id);
    const changed = await load(generation, config);
    const count = greedy.indexOf(id) + 1;
    expect(await collect(changed.generate(prompt, { maxTokens: 6 }))).toMatchObject({ ids: greedy.slice(0, count), finishReason: 'stop-token' });
    expect(await collect(changed.generate(prompt, { maxTokens: 6, stopTokens: [] }))).toMatchObject({ ids: greedy, finishReason: 'length' });
    changed.dispose();
  });

  test('sampling: drawn where it says so, and options go before it', async () => {
    const drawn = await load({ do_sample: true, temperature: 2, eos_token_id: 2 });
    const asked = { maxTokens: 6, seed: 4, stopTokens: [] };
    expect((await collect(drawn.generate(prompt, asked))).ids).toEqual((await run(model, prompt, { ...asked, temperature: 2 })).ids);
    expect((await collect(drawn.generate(prompt, { ...asked, temperature: 0 }))).ids).toEqual(greedy);
    drawn.dispose();

    const wrong = await load({ do_sample: true, top_p: 7 });
    expect(await failure(collect(wrong.generate(prompt)))).toMatchObject({ option: 'generation_config.json: top_p' });
    wrong.dispose();
  });
});

describe('sampling', () => {
  const prompt = { tokens: tokens.slice(0, 4) };
  const random = { temperature: 1.5, maxTokens: 6 };

  test('a seed makes it repeatable, whatever the chunks; another seed says something else', async () => {
    const other = await loadFixture('arch/llama', { contextLength: CONTEXT, prefillChunk: 3 });
    for (const filters of [{}, { topK: 40, topP: 0.9, minP: 0.01 }]) {
      const first = (await run(model, prompt, { ...random, ...filters, seed: 1 })).ids;
      expect((await run(model, prompt, { ...random, ...filters, seed: 1 })).ids).toEqual(first);
      expect((await run(other, prompt, { ...random, ...filters, seed: 1 })).ids).toEqual(first);
      expect((await run(model, prompt, { ...random, ...filters, seed: 2 })).ids).not.toEqual(first);
    }
    other.dispose();
  });

  test('topK 1 is greedy', async () => {
    expect((await run(model, prompt, { ...random, topK: 1 })).ids).toEqual((await run(model, prompt, { maxTokens: 6 })).ids);
  });

  test('penalties: nothing is said twice, and what was said before counts as prompt', async () => {
    for (const penalty of [{ presencePenalty: 1000 }, { frequencyPenalty: 1000 }]) {
      const { ids } = await run(model, prompt, { ...penalty, maxTokens: 8 });
      expect(new Set(ids).size).toBe(8);
    }
    const session = model.createSession();
    const first = await run(session, prompt, { repetitionPenalty: 1000, maxTokens: 3 });
    const second = await run(session, { tokens: [] }, { repetitionPenalty: 1000, maxTokens: 4 });
    const said = [...prompt.tokens, ...first.ids, ...second.ids];
    expect(new Set(said).size).toBe(said.length);
  });
});
