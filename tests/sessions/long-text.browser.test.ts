import { cdp } from 'vitest/browser';
import { afterAll, expect, test } from 'vitest';
import type { Session } from '../../index.ts';
import { loadRandomModel } from '../../web/memory/random-model.ts';
import { run } from './fixtures.ts';
import { spyOnGpu } from './gpu-calls.ts';

// Most of a minute on a software adapter.
const WARM_UP = 100;
const TOKENS = 20_000;

const gpu = spyOnGpu();
afterAll(() => expect(gpu.errors).toEqual([]));

/** Bytes of this page's JavaScript that are in use, after a collection. */
async function heapBytes(): Promise<number> {
  await cdp().send('HeapProfiler.collectGarbage');
  return (await cdp().send('Runtime.getHeapUsage')).usedSize;
}

/** Generates without keeping what comes. */
async function write(session: Session, tokens: number): Promise<void> {
  for await (const _ of session.generate({ tokens: session.length === 0 ? [0] : [] }, { temperature: 0, stopTokens: [], maxTokens: tokens }));
}

test('a text of a model without attention has no limit and takes no memory but its own token ids', { timeout: 400_000 }, async () => {
  const model = await loadRandomModel('mamba2-tiny', {});
  expect(model.contextLength).toBe(Infinity);
  const session = model.createSession();
  await write(session, WARM_UP);
  const before = { memory: { ...model.memory }, session: { ...session.memory }, live: gpu.live.size };
  const heap = await heapBytes();
  const { submits, passes } = gpu;
  await write(session, TOKENS);
  expect({ memory: { ...model.memory }, session: { ...session.memory }, live: gpu.live.size }).toEqual(before);
  expect(session.memory.growing).toBe(0);
  expect(gpu.submits - submits).toBe(TOKENS);
  expect(gpu.passes - passes).toBe(TOKENS);
  // Ids are kept, 4 or 8 bytes each, in an array that grows by halves; the rest is what a busy browser keeps of a test.
  expect((await heapBytes()) - heap).toBeLessThan(TOKENS * 16 + 100_000);
  model.dispose();
});

test('the state of a hybrid grows by the rows of its attention layer and by nothing else', async () => {
  const model = await loadRandomModel('mamba2-tiny-hybrid', { contextLength: 64 });
  const session = model.createSession();
  await run(session, { tokens: [0, 1, 2] }, { maxTokens: 1 });
  const before = { ...session.memory };
  await run(session, { tokens: [] }, { maxTokens: 40 });
  // A key and a value of 16 elements each, in f16.
  expect(session.memory).toEqual({ ...before, growing: before.growing + 40 * 2 * 16 * 2 });
  expect(before.growing).toBe(3 * 2 * 16 * 2);
  model.dispose();
});
