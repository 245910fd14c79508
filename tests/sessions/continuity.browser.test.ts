import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Model, Session } from '../../index.ts';
import { failure, loadFixture, randomTokens, run } from './fixtures.ts';
import { spyOnGpu } from './gpu-calls.ts';

// However a generation ends, the session goes on exactly as one that was given everything at once: what ran ahead of the last token is
// taken back. In the hybrid model that means the slots of the state ring.
const gpu = spyOnGpu();
// Few steps, since every step takes a software adapter a tenth of a second.
const CHUNK = 2;
const PROMPT = randomTokens(7, 160, 1); // four chunks
const MORE = randomTokens(2, 160, 2);
const NEXT = { maxTokens: 2 };

describe.each([
  ['arch/llama', 'int4'],
  ['arch/qwen3_5_text', 'f32'],
] as const)('%s, %s', (name, kvCache) => {
  let model: Model;
  /** What greedy decoding says after the prompt. */
  let whole: readonly number[];
  const fresh = new Map<number, readonly number[]>();

  /** What a fresh session says to the prompt, `count` tokens of the answer and `MORE`, given all at once. */
  async function atOnce(count: number): Promise<readonly number[]> {
    const known = fresh.get(count) ?? (await run(model, { tokens: [...PROMPT, ...whole.slice(0, count), ...MORE] }, NEXT)).ids;
    fresh.set(count, known);
    return known;
  }

  beforeAll(async () => {
    model = await loadFixture(name, { kvCache, prefillChunk: CHUNK, contextLength: 32 });
    whole = (await run(model, { tokens: PROMPT }, { maxTokens: 7 })).ids;
  });

  afterAll(() => {
    model.dispose();
    expect(gpu.errors).toEqual([]);
  });

  /** The session holds the prompt and the first `count` generated tokens, of which all but the last were read. */
  async function expectToGoOn(session: Session, count: number): Promise<void> {
    expect(session.length).toBe(PROMPT.length + count);
    const next = await run(session, { tokens: MORE }, NEXT);
    expect({ promptTokens: next.promptTokens, cachedTokens: next.cachedTokens }).toEqual({ promptTokens: PROMPT.length + count + MORE.length, cachedTokens: PROMPT.length + count - 1 });
    expect(next.ids).toEqual(await atOnce(count));
  }

  test.each([1, 2, 3, 7])('after maxTokens %i', async (count) => {
    const session = model.createSession();
    const first = await run(session, { tokens: PROMPT }, { maxTokens: count });
    expect(first).toMatchObject({ ids: whole.slice(0, count), finishReason: 'length', cachedTokens: 0, promptTokens: PROMPT.length });
    await expectToGoOn(session, count);
  });

  test.each([1, 3])('after a stop token at place %i', async (place) => {
    const id = whole[place - 1];
    const count = whole.indexOf(id) + 1;
    const session = model.createSession();
    expect(await run(session, { tokens: PROMPT }, { stopTokens: [id] })).toMatchObject({ ids: whole.slice(0, count), finishReason: 'stop-token' });
    await expectToGoOn(session, count);
  });

  test.each([1, 3])('after break at token %i', async (count) => {
    const session = model.createSession();
    let seen = 0;
    for await (const event of session.generate({ tokens: PROMPT }, { stopTokens: [] })) if (event.type === 'text-delta' && ++seen === count) break;
    await expectToGoOn(session, count);
  });

  test.each([1, 2])('after an abort between tokens %i and the next', async (count) => {
    const session = model.createSession();
    const controller = new AbortController();
    let seen = 0;
    const generation = (async () => {
      for await (const event of session.generate({ tokens: PROMPT }, { stopTokens: [], signal: controller.signal })) if (event.type === 'text-delta' && ++seen === count) controller.abort();
    })();
    expect(await failure(generation)).toMatchObject({ name: 'AbortError' });
    await expectToGoOn(session, count);
  });

  // Four submits read the prompt, each further one a token that ran ahead.
  test.each([1, 2, 3, 4, 5, 6, 7])('after an abort at submit %i', async (submit) => {
    const session = model.createSession();
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

    const next = await run(session, { tokens: MORE }, NEXT);
    expect(next.cachedTokens).toBeLessThan(PROMPT.length + seen.length);
    expect(next.cachedTokens).toBeGreaterThanOrEqual(Math.min(submit, 3) * CHUNK);
    expect(next.ids).toEqual(await atOnce(seen.length));
  });

  test('an abort before the start, and a prompt that nobody waited for', async () => {
    const session = model.createSession();
    expect(await failure(run(session, { tokens: PROMPT }, { signal: AbortSignal.abort() }))).toMatchObject({ name: 'AbortError' });
    expect(session.length).toBe(0);
    // From text-start on the prompt belongs to the conversation.
    for await (const _ of session.generate({ tokens: PROMPT })) break;
    expect(session.length).toBe(PROMPT.length);
    const events = session.generate({ tokens: MORE });
    await events.next();
    await events.return();
    expect((await run(session, { tokens: [] }, NEXT)).ids).toEqual(await atOnce(0));
  });

  test('the next generation goes on where one was cut off, and a reset forgets all', async () => {
    const session = model.createSession();
    await run(session, { tokens: PROMPT }, { maxTokens: 3 });
    expect((await run(session, { tokens: [] }, { maxTokens: 2 })).ids).toEqual(whole.slice(3, 5));
    session.reset();
    expect(session.length).toBe(0);
    expect(await run(session, { tokens: PROMPT }, NEXT)).toMatchObject({ ids: whole.slice(0, 2), cachedTokens: 0 });
  });

  test('sessions that generate by turns say what each says alone', async () => {
    const prompts = [PROMPT, MORE, [7]];
    const alone = [];
    for (const tokens of prompts) alone.push((await run(model, { tokens }, { maxTokens: 3 })).ids);
    const together = await Promise.all(prompts.map(async (tokens) => (await run(model.createSession(), { tokens }, { maxTokens: 3 })).ids));
    expect(together).toEqual(alone);

    const generations = prompts.map((tokens) => model.createSession().generate({ tokens }, { temperature: 0, stopTokens: [], maxTokens: 3 }));
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
