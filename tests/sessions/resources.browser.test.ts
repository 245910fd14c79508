import { afterEach, describe, expect, test } from 'vitest';
import { DeviceLostError, DisposedError, GpuValidationError, type Model } from '../../index.ts';
import { collect, failure, loadFixture, randomTokens, run } from './fixtures.ts';
import { spyOnGpu } from './gpu-calls.ts';

const gpu = spyOnGpu();
const tokens = randomTokens(7, 160, 1);
const load = (): Promise<Model> => loadFixture('arch/llama', { contextLength: 32, prefillChunk: 2 });

/** Resolves when the submit of this number happens, counted from now. */
function submitNumber(number: number): Promise<void> {
  const before = gpu.submits;
  return new Promise((resolve) => {
    gpu.onSubmit = () => {
      if (gpu.submits - before === number) resolve();
    };
  });
}

afterEach(() => {
  gpu.onSubmit = undefined;
});

test.each([
  ['greedy', {}],
  ['filters and penalties', { temperature: 1, topP: 0.9, topK: 50, repetitionPenalty: 1.1 }],
])('a token costs one submit with one pass and makes nothing: %s', async (_, sampling) => {
  const model = await load();
  let token = 0;
  let last = { submits: 0, passes: 0 };
  const made: string[] = [];
  for await (const event of model.generate({ tokens }, { temperature: 0, stopTokens: [], ...sampling })) {
    if (event.type !== 'text-delta') continue;
    const { submits, passes, bindGroups, buffers, pipelines } = gpu;
    if (++token > 3) {
      expect({ submits: submits - last.submits, passes: passes - last.passes }).toEqual({ submits: 1, passes: 1 });
      made.push(`${bindGroups} bind groups, ${buffers} buffers, ${pipelines} pipelines`);
    }
    last = { submits, passes };
    if (token === 8) break;
  }
  expect(made).toEqual(Array.from({ length: 5 }, () => made[0]));
  model.dispose();
  expect(gpu.errors).toEqual([]);
});

describe('what is disposed of', () => {
  test('a session frees its state, a model everything', async () => {
    const before = gpu.live.size;
    const model = await load();
    await run(model, { tokens }, { maxTokens: 4 });
    expect(model.memory.state).toBe(0);
    const idle = gpu.live.size;
    const session = model.createSession();
    await run(session, { tokens }, { maxTokens: 4 });
    expect(model.memory.state).toBeGreaterThan(0);
    session.dispose();
    session.dispose();
    expect(model.memory.state).toBe(0);
    expect(gpu.live.size).toBe(idle);
    expect(await failure(run(session, { tokens }))).toBeInstanceOf(DisposedError);
    expect(() => session.reset()).toThrow(DisposedError);

    const kept = model.createSession();
    await run(kept, { tokens }, { maxTokens: 1 });
    model.dispose();
    model.dispose();
    expect(gpu.live.size).toBe(before);
    for (const call of [run(kept, { tokens }), run(model, { tokens }), model.logits(tokens)]) {
      expect(await failure(call)).toMatchObject({ code: 'generate/disposed', message: expect.stringContaining('This model was disposed of') });
    }
    expect(() => model.createSession()).toThrow(DisposedError);
    kept.dispose();
    expect(gpu.errors).toEqual([]);
  });

  // Each ends a generation, of a session or of the model, while that waits for something else.
  const moments: readonly (readonly [string, (generation: AsyncGenerator) => Promise<unknown>])[] = [
    ['while the state is allocated', () => Promise.resolve()],
    ['between start and prompt', (events) => events.next()],
    ['while the sampler is made', async (events) => {
      await events.next();
      void events.next().catch(() => undefined);
    }],
    ['during the prompt', () => submitNumber(2)],
    ['before the first token', () => submitNumber(5)],
    ['between tokens', async (events) => {
      for (let i = 0; i < 4; i++) await events.next();
    }],
  ];
  describe.each(moments)('%s', (_, moment) => {
    test.each(['session', 'model'] as const)('%s', async (what) => {
      const before = gpu.live.size;
      const model = await load();
      const session = model.createSession();
      const events = session.generate({ tokens }, { temperature: 0, stopTokens: [] });
      const reached = moment(events);
      const rest = failure(
        (async () => {
          for await (const _ of events);
        })(),
      );
      await reached;
      if (what === 'session') session.dispose();
      else model.dispose();
      const error = await rest;
      expect(error).toBeInstanceOf(DisposedError);
      expect(error).toMatchObject({ message: expect.stringContaining(`This ${what}`) });
      expect(model.memory.state).toBe(0);
      if (what === 'session') expect((await run(model, { tokens: [1] }, { maxTokens: 1 })).ids.length).toBe(1);
      model.dispose();
      expect(gpu.live.size).toBe(before);
      expect(gpu.errors).toEqual([]);
    });
  });

  test('a model while it scores', async () => {
    const before = gpu.live.size;
    for (const submits of [0, 1, 2]) {
      const model = await load();
      const reached = submits > 0 ? submitNumber(submits) : Promise.resolve();
      const logits = failure(model.logits(tokens));
      await reached;
      model.dispose();
      expect(await logits).toBeInstanceOf(DisposedError);
      expect(gpu.live.size).toBe(before);
      expect(gpu.errors).toEqual([]);
    }
  });
});

// The device is the page's: these come last.
describe('faults of the GPU', () => {
  test('a command that WebGPU refuses ends the generation; the next model is not concerned', async () => {
    const model = await load();
    const session = model.createSession();
    const seen: number[] = [];
    const generation = (async () => {
      for await (const event of session.generate({ tokens }, { temperature: 0, stopTokens: [] })) {
        if (event.type !== 'text-delta') continue;
        seen.push(...event.tokenIds);
        gpu.devices[0].createBuffer({ size: 16, usage: 0 });
      }
    })();
    expect(await failure(generation)).toBeInstanceOf(GpuValidationError);
    const next = await load();
    const { ids } = await run(next, { tokens: [...tokens, ...seen] }, { maxTokens: 3 });
    // Nothing that the refused step may have left is relied on: the session reads everything again.
    expect(await run(session, { tokens: [] }, { maxTokens: 3 })).toMatchObject({ ids, cachedTokens: 0 });
    next.dispose();
    model.dispose();
  });

  test('a lost device ends the generation, and the next load gets a new one', async () => {
    const model = await load();
    const session = model.createSession();
    const expected = await run(session, { tokens }, { maxTokens: 3 });
    const generation = (async () => {
      let seen = 0;
      for await (const event of session.generate({ tokens }, { temperature: 0, stopTokens: [] })) {
        if (event.type === 'text-delta' && ++seen === 2) gpu.devices[0].destroy();
      }
    })();
    const error = await failure(generation);
    expect(error).toBeInstanceOf(DeviceLostError);
    expect(error).toMatchObject({ code: 'gpu/device-lost', message: expect.stringContaining('Load the model again') });
    expect(await failure(run(session, { tokens }))).toBeInstanceOf(DeviceLostError);
    expect(await failure(run(model, { tokens }))).toBeInstanceOf(DeviceLostError);
    expect(await failure(model.logits(tokens))).toBeInstanceOf(DeviceLostError);
    model.dispose();

    const next = await load();
    expect(gpu.devices.length).toBe(2);
    expect((await collect(next.generate({ tokens }, { temperature: 0, stopTokens: [], maxTokens: 3 }))).ids).toEqual(expected.ids);
    next.dispose();
  });
});
