import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GenerateOptions, Model, Session, Snapshot } from '../../index.ts';
import { uniform } from '../../shaders/random.ts';
import { failure, loadChanged, loadFixture, randomTokens, run, TOKEN_FILES } from './fixtures.ts';
import { spyOnGpu } from './gpu-calls.ts';

const gpu = spyOnGpu();
const GREEDY: GenerateOptions = { temperature: 0, stopTokens: [] };
const SAMPLED: GenerateOptions = { temperature: 1, topK: 20, seed: 7, stopTokens: [] };

describe.each([
  ['arch/llama', 'int4', 16],
  ['arch/qwen3_5_text', 'int8', 12],
  ['arch/mamba2', 'f32', 8],
  // A cache with a row for every seven tokens.
  ['research/rat', 'f16', 8],
] as const)('%s, %s', (name, kvCache, rounds) => {
  let model: Model;
  let before: number;

  beforeAll(async () => {
    before = gpu.live.size;
    model = await loadFixture(name, { kvCache, prefillChunk: 32, contextLength: 64 });
  });

  afterAll(() => {
    model.dispose();
    expect(gpu.live.size).toBe(before);
    expect(gpu.errors).toEqual([]);
  });

  test('a state goes on as it would have, wherever and however often it is restored', async () => {
    const next = uniform(11);
    const below = (count: number): number => Math.floor(next() * count);
    /** Every session or snapshot beside the tokens that it should hold. */
    let sessions: { session: Session; tokens: readonly number[] }[] = [{ session: model.createSession(), tokens: [] }];
    let snapshots: { snapshot: Snapshot; tokens: readonly number[] }[] = [];
    const undisturbed = new Map<string, readonly number[]>();

    async function goOn(of: { session: Session; tokens: readonly number[] }): Promise<void> {
      const sampling = below(2) ? GREEDY : SAMPLED;
      const more = randomTokens(1 + below(5), 128, 1 + below(3));
      const tokens = [...of.tokens, ...more];
      const key = `${sampling.temperature} ${tokens.join()}`;
      const expected = undisturbed.get(key) ?? (await run(model, { tokens }, { ...sampling, maxTokens: 2 })).ids;
      undisturbed.set(key, expected);
      const { ids, cachedTokens } = await run(of.session, { tokens: more }, { ...sampling, maxTokens: 2 });
      expect(ids).toEqual(expected);
      expect(cachedTokens).toBe(Math.max(0, of.tokens.length - 1));
      of.tokens = [...tokens, ...ids];
    }

    const live: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const some = sessions[below(sessions.length)];
      const kept = snapshots.at(below(snapshots.length || 1));
      if (some.tokens.length > 50) {
        some.session.reset();
        some.tokens = [];
      }
      const kind = below(9);
      if (kind < 3) {
        snapshots.push({ snapshot: await some.session.snapshot(), tokens: some.tokens });
      } else if (kind < 6 && kept) {
        await some.session.restore(kept.snapshot);
        some.tokens = kept.tokens;
      } else if (kind === 6 && sessions.length < 3) {
        sessions.push({ session: await some.session.fork(), tokens: some.tokens });
      } else if (kind === 7 && sessions.length > 1) {
        some.session.dispose();
        sessions = sessions.filter((other) => other !== some);
      } else if (kind === 8 && kept && snapshots.length > 3) {
        kept.snapshot.dispose();
        snapshots = snapshots.filter((other) => other !== kept);
      }
      for (const { session, tokens } of sessions) expect(session.length).toBe(tokens.length);
      for (const { snapshot, tokens } of snapshots) expect(snapshot.length).toBe(tokens.length);
      await goOn(sessions[below(sessions.length)]);
      live.push(model.memory.state);
    }
    // Whatever a snapshot keeps outlives its session, and goes with the last that needs it.
    for (const { session } of sessions) session.dispose();
    expect(snapshots.length).toBeGreaterThan(0);
    const last = model.createSession();
    for (const { snapshot, tokens } of snapshots) {
      await last.restore(snapshot);
      await goOn({ session: last, tokens });
    }
    last.dispose();
    for (const { snapshot } of snapshots) snapshot.dispose();
    expect(Math.max(...live)).toBeGreaterThan(0);
    expect(model.memory.state).toBe(0);
  });
});

test('a saved state goes on in another load of the checkpoint, from another source, and nowhere else', async () => {
  const prompt = { tokens: randomTokens(9, 160, 4) };
  const saved: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (const [name, kvCache] of [['arch/llama', 'int4'], ['arch/qwen3_5_text', 'f16']] as const) {
    const model = await loadFixture(name, { kvCache, contextLength: 64 });
    const session = model.createSession();
    await run(session, prompt, { maxTokens: 3 });
    const bytes = await session.save();
    // With a snapshot between, so that keys and values are in two pieces.
    const snapshot = await session.snapshot();
    await run(session, { tokens: [5, 6] }, { maxTokens: 2 });
    saved[name] = await session.save();
    snapshot.dispose();
    const expected = await run(session, { tokens: [8] }, { maxTokens: 6 });
    model.dispose();

    const again = await loadChanged(name, TOKEN_FILES, {}, { kvCache, contextLength: 64 });
    const other = again.createSession();
    await other.load(saved[name]);
    expect(other.length).toBe(16);
    expect(await run(other, { tokens: [8] }, { maxTokens: 6 })).toMatchObject({ ids: expected.ids, cachedTokens: 15 });
    for (const [of, bytes] of Object.entries(saved)) if (of !== name) expect(await failure(other.load(bytes))).toMatchObject({ code: 'state', reason: 'model' });
    expect(await failure(other.load(saved[name].slice(0, -1)))).toMatchObject({ reason: 'damaged' });
    expect(other.length).toBe(23);
    await other.load(bytes);
    expect(other.length).toBe(12);
    again.dispose();
  }
  const model = await loadFixture('arch/llama', { kvCache: 'int8', contextLength: 64 });
  expect(await failure(model.createSession().load(saved['arch/llama']))).toMatchObject({ code: 'state', reason: 'precision' });
  model.dispose();
  expect(gpu.errors).toEqual([]);
});

describe('snapshots', () => {
  let model: Model;
  const tokens = randomTokens(9, 160, 5);
  beforeAll(async () => {
    model = await loadFixture('arch/qwen3_5_text', { contextLength: 128 });
  });
  afterAll(() => {
    model.dispose();
    expect(gpu.errors).toEqual([]);
  });

  test('fifty tokens after a snapshot are the same fifty after it is restored, and no key or value was copied for it', async () => {
    const session = model.createSession();
    await run(session, { tokens }, { maxTokens: 2 });
    const { fixed, growing, allocated } = session.memory;
    const state = model.memory.state;
    const snapshot = await session.snapshot();
    // One slot of the ring of four.
    expect(snapshot.bytes).toBe(fixed / 4);
    expect(model.memory.state).toBe(state + fixed / 4);
    const first = await run(session, { tokens: [] }, { maxTokens: 50 });
    expect(session.memory).toEqual({ fixed, growing: (growing / 10) * 60, allocated });
    await session.restore(snapshot);
    expect(session.length).toBe(11);
    expect(snapshot.bytes).toBe(fixed / 4);
    expect((await run(session, { tokens: [] }, { maxTokens: 50 })).ids).toEqual(first.ids);
    snapshot.dispose();
    session.dispose();
  });

  test('where a prompt is read, other answers begin', async () => {
    const session = model.createSession();
    const snapshots: Snapshot[] = [];
    const sampled = { temperature: 1, maxTokens: 3 };
    const onPromptRead = async (): Promise<void> => {
      const snapshot = await session.snapshot();
      expect(await failure(session.restore(snapshot))).toMatchObject({ code: 'generate/session-busy' });
      snapshots.push(snapshot);
    };
    const first = await run(session, { tokens }, { ...sampled, seed: 1, onPromptRead });
    const [read] = snapshots;
    expect(snapshots).toMatchObject([{ length: tokens.length }]);
    for (const seed of [2, 1]) {
      await session.restore(read);
      const answer = await run(session, { tokens: [] }, { ...sampled, seed });
      // The last token of the prompt is read again: logits are not kept.
      expect(answer).toMatchObject({ promptTokens: tokens.length, cachedTokens: tokens.length - 1 });
      if (seed === 1) expect(answer.ids).toEqual(first.ids);
      else expect(answer.ids).not.toEqual(first.ids);
    }
    read.dispose();
    session.dispose();
  });

  test('what cannot be is refused, and changes nothing', async () => {
    const session = model.createSession();
    const empty = await session.snapshot();
    const events = session.generate({ tokens }, { temperature: 0, stopTokens: [], maxTokens: 3 });
    await events.next();
    for (const call of [session.snapshot(), session.restore(empty), session.fork()]) expect(await failure(call)).toMatchObject({ code: 'generate/session-busy' });
    for await (const _ of events);
    const other = await loadFixture('arch/mamba2');
    const foreign = await other.createSession().snapshot();
    expect(await failure(session.restore(foreign))).toMatchObject({ code: 'state', reason: 'model' });
    other.dispose();
    const gone = await session.snapshot();
    gone.dispose();
    gone.dispose();
    expect(gone.bytes).toBe(0);
    expect(await failure(session.restore(gone))).toMatchObject({ code: 'generate/disposed', message: expect.stringContaining('snapshot') });
    expect(session.length).toBe(12);
    await session.restore(empty);
    expect(session.length).toBe(0);
    const outcome = failure(session.snapshot());
    session.dispose();
    expect(await outcome).toMatchObject({ code: 'generate/disposed' });
    expect(await failure(session.fork())).toMatchObject({ code: 'generate/disposed' });
    expect(model.memory.state).toBe(0);
  });
});
