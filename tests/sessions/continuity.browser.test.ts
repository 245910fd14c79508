import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Model, Session } from '../../index.ts';
import { failure, loadFixture, randomTokens, run } from './fixtures.ts';
import { spyOnGpu } from './gpu-calls.ts';

// However a generation ends, the session goes on exactly as one that was given everything at once: what ran ahead of the last token is
// taken back. In the hybrid model that means the slots of the state ring.
const gpu = spyOnGpu();
const CHUNK = 4;
const PROMPT = randomTokens(26, 160, 1); // seven chunks
const MORE = randomTokens(5, 160, 2);

describe.each(['arch/llama', 'arch/qwen3_5_text'])('%s', (name) => {
  let model: Model;
  /** What greedy decoding says after the prompt. */
  let whole: readonly number[];
  const sessions: Session[] = [];
  const open = (): Session => {
    const session = model.createSession();
    sessions.push(session);
    return session;
  };

  beforeAll(async () => {
    model = await loadFixture(name, { prefillChunk: CHUNK, contextLength: 64 });
    whole = (await run(model, { tokens: PROMPT }, { maxTokens: 9 })).ids;
  });

  afterAll(() => {
    model.dispose();
    expect(gpu.errors).toEqual([]);
  });

  /** The session holds the prompt and the first `count` generated tokens, of which all but the last were read. */
  async function expectToGoOn(session: Session, count: number): Promise<void> {
    expect(session.length).toBe(PROMPT.length + count);
    const next = await run(session, { tokens: MORE }, { maxTokens: 4 });
    expect({ promptTokens: next.promptTokens, cachedTokens: next.cachedTokens }).toEqual({ promptTokens: PROMPT.length + count + MORE.length, cachedTokens: PROMPT.length + count - 1 });
    expect(next.ids).toEqual((await run(model, { tokens: [...PROMPT, ...whole.slice(0, count), ...MORE] }, { maxTokens: 4 })).ids);
  }

  test.each([1, 2, 3, 7])('after maxTokens %i', async (count) => {
    const session = open();
    const first = await run(session, { tokens: PROMPT }, { maxTokens: count });
    expect(first).toMatchObject({ ids: whole.slice(0, count), finishReason: 'length', cachedTokens: 0, promptTokens: PROMPT.length });
    await expectToGoOn(session, count);
  });

  test('after a stop token, wherever it comes', async () => {
    for (const id of new Set(whole.slice(0, 6))) {
      const session = open();
      const first = await run(session, { tokens: PROMPT }, { stopTokens: [id] });
      const count = whole.indexOf(id) + 1;
      expect(first).toMatchObject({ ids: whole.slice(0, count), finishReason: 'stop-token' });
      await expectToGoOn(session, count);
    }
  });

  test.each([1, 2, 3, 7])('after break at token %i', async (count) => {
    const session = open();
    let seen = 0;
    for await (const event of session.generate({ tokens: PROMPT }, { stopTokens: [] })) if (event.type === 'text-delta' && ++seen === count) break;
    await expectToGoOn(session, count);
  });

  test.each([1, 2, 7])('after an abort between tokens %i and the next', async (count) => {
    const session = open();
    const controller = new AbortController();
    let seen = 0;
    const generation = (async () => {
      for await (const event of session.generate({ tokens: PROMPT }, { stopTokens: [], signal: controller.signal })) if (event.type === 'text-delta' && ++seen === count) controller.abort();
    })();
    expect(await failure(generation)).toMatchObject({ name: 'AbortError' });
    await expectToGoOn(session, count);
  });

  // Seven submits read the prompt, each further one a token that ran ahead.
  test.each([1, 2, 3, 6, 7, 8, 9, 10, 11])('after an abort at submit %i', async (submit) => {
    const session = open();
    const controller = new AbortController();
    const seen: number[] = [];
    const events = session.generate({ tokens: PROMPT }, { stopTokens: [], signal: controller.signal });
    await events.next();
    const before = gpu.submits;
    gpu.onSubmit = () => {
      if (gpu.submits - before === submit) controller.abort(new Error('enough'));
    };
    const generation = (async () => {
      for await (const event of events) if (event.type === 'text-delta') seen.push(...event.tokenIds);
    })();
    expect(await failure(generation)).toMatchObject({ message: 'enough' });
    gpu.onSubmit = undefined;
    expect(gpu.submits - before).toBeLessThanOrEqual(submit + 2);
    expect(seen).toEqual(whole.slice(0, seen.length));
    expect(session.length).toBe(PROMPT.length + seen.length);

    const next = await run(session, { tokens: MORE }, { maxTokens: 4 });
    expect(next.cachedTokens).toBeLessThan(PROMPT.length + seen.length);
    expect(next.cachedTokens).toBeGreaterThanOrEqual(Math.min(submit, 6) * CHUNK);
    expect(next.ids).toEqual((await run(model, { tokens: [...PROMPT, ...seen, ...MORE] }, { maxTokens: 4 })).ids);
  });

  test('an abort before the start, and a prompt that nobody waited for', async () => {
    const session = open();
    expect(await failure(run(session, { tokens: PROMPT }, { signal: AbortSignal.abort() }))).toMatchObject({ name: 'AbortError' });
    expect(session.length).toBe(0);
    // From text-start on the prompt belongs to the conversation.
    for await (const _ of session.generate({ tokens: PROMPT })) break;
    expect(session.length).toBe(PROMPT.length);
    const events = session.generate({ tokens: MORE });
    await events.next();
    await events.return();
    expect((await run(session, { tokens: [] }, { maxTokens: 3 })).ids).toEqual((await run(model, { tokens: [...PROMPT, ...MORE] }, { maxTokens: 3 })).ids);
  });

  test('the next generation goes on where one was cut off, and a reset forgets all', async () => {
    const session = open();
    await run(session, { tokens: PROMPT }, { maxTokens: 3 });
    expect((await run(session, { tokens: [] }, { maxTokens: 6 })).ids).toEqual(whole.slice(3));
    session.reset();
    expect(session.length).toBe(0);
    expect(await run(session, { tokens: PROMPT }, { maxTokens: 9 })).toMatchObject({ ids: whole, cachedTokens: 0 });
  });

  test('sessions that generate by turns say what each says alone', async () => {
    const prompts = [PROMPT, MORE, [7], PROMPT.slice(0, 9)];
    const alone = [];
    for (const tokens of prompts) alone.push((await run(model, { tokens }, { maxTokens: 5 })).ids);
    const together = await Promise.all(prompts.map(async (tokens) => (await run(open(), { tokens }, { maxTokens: 5 })).ids));
    expect(together).toEqual(alone);

    const generations = prompts.map((tokens) => open().generate({ tokens }, { temperature: 0, stopTokens: [], maxTokens: 5 }));
    const byTurns: number[][] = prompts.map(() => []);
    for (let ended = 0; ended < generations.length; ) {
      for (const [i, events] of generations.entries()) {
        const { value } = await events.next();
        if (value?.type === 'text-delta') byTurns[i].push(...value.tokenIds);
        if (value?.type === 'text-end') ended++;
      }
    }
    expect(byTurns).toEqual(alone);
  });
});
