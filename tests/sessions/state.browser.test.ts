import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { GenerateOptions, Model, Session, Snapshot } from '../../index.ts';
import { uniform } from '../../shaders/random.ts';
import { failure, loadFixture, randomTokens, run } from './fixtures.ts';
import { spyOnGpu } from './gpu-calls.ts';

const gpu = spyOnGpu();
const GREEDY: GenerateOptions = { temperature: 0, stopTokens: [] };
const SAMPLED: GenerateOptions = { temperature: 1, topK: 20, seed: 7, stopTokens: [] };

describe.each([
  ['arch/llama', 'int4', 24],
  ['arch/qwen3_5_text', 'int8', 14],
  ['arch/mamba2', 'f32', 14],
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
      const more = randomTokens(1 + below(5), 160, 1 + below(3));
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
