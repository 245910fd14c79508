import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { LoadOptions, Model } from '../../index.ts';
import { failure, loadFixture, randomTokens, run } from './fixtures.ts';
import { spyOnGpu } from './gpu-calls.ts';

// A hybrid: its recurrent state cannot be cut, so that a prefix has to end just where it is left.
const gpu = spyOnGpu();
const load = (options: LoadOptions = {}): Promise<Model> => loadFixture('arch/qwen3_5_text', { contextLength: 96, prefillChunk: 8, ...options });
const LONG = randomTokens(40, 160, 1);
const SHORT = LONG.slice(0, 19);
const QUESTION = randomTokens(5, 160, 2);
const OPTIONS = { maxTokens: 4 };
let model: Model;
let expected: readonly number[];

beforeAll(async () => {
  model = await load();
  await model.clearPrefixes();
  expected = (await run(model, { tokens: [...LONG, ...QUESTION] }, OPTIONS)).ids;
});

afterAll(async () => {
  await model.clearPrefixes();
  expect(model.memory.state).toBe(0);
  model.dispose();
  expect(gpu.errors).toEqual([]);
});

test('a conversation begins from the longest prefix that it has, and says what it would have said', async () => {
  const short = await model.cachePrefix({ tokens: SHORT });
  expect(short).toMatchObject({ tokens: SHORT, persisted: false });
  expect(await run(model, { tokens: [...LONG, ...QUESTION] }, OPTIONS)).toMatchObject({ ids: expected, cachedTokens: 19, promptTokens: 45 });
  const progress: unknown[] = [];
  const long = await model.cachePrefix({ tokens: LONG }, { onProgress: ({ readTokens, totalTokens }) => progress.push([readTokens, totalTokens]) });
  expect(progress).toEqual([[19, 40], [27, 40], [35, 40], [40, 40]]);
  expect(await run(model, { tokens: [...LONG, ...QUESTION] }, OPTIONS)).toMatchObject({ ids: expected, cachedTokens: 40 });
  // Not where a token differs, nor where nothing would be left to read.
  expect(await run(model, { tokens: [...LONG.slice(0, 39), 0, 1] }, OPTIONS)).toMatchObject({ cachedTokens: 19 });
  expect(await run(model, { tokens: LONG }, OPTIONS)).toMatchObject({ cachedTokens: 19 });
  expect(await run(model, { tokens: [0, ...LONG] }, OPTIONS)).toMatchObject({ cachedTokens: 0 });

  // A session that holds more goes on from that; and what it holds beyond the prefix is a snapshot's, also after it begins there again.
  const session = model.createSession();
  await run(session, { tokens: [...LONG, ...QUESTION] }, OPTIONS);
  const snapshot = await session.snapshot();
  const recurrent = snapshot.bytes;
  const more = await run(session, { tokens: [1] }, OPTIONS);
  expect(more).toMatchObject({ cachedTokens: 48 });
  session.reset();
  expect(await run(session, { tokens: [...LONG, ...randomTokens(12, 160, 6)] }, OPTIONS)).toMatchObject({ cachedTokens: 40 });
  expect(snapshot.bytes).toBeGreaterThan(recurrent);
  await session.restore(snapshot);
  expect((await run(session, { tokens: [1] }, OPTIONS)).ids).toEqual(more.ids);
  snapshot.dispose();
  session.dispose();
  expect(await model.listPrefixes()).toMatchObject([{ tokens: SHORT }, { tokens: LONG }]);
  expect(model.memory.state).toBeLessThanOrEqual(short.bytes + long.bytes);
  await long.delete();
  expect(await run(model, { tokens: [...LONG, ...QUESTION] }, OPTIONS)).toMatchObject({ ids: expected, cachedTokens: 19 });
  await model.clearPrefixes();
  expect(await model.listPrefixes()).toEqual([]);
  expect(model.memory.state).toBe(0);
});

test('what was aborted leaves nothing, and what cannot fit is refused', async () => {
  const stop = new AbortController();
  const reading = model.cachePrefix({ tokens: LONG }, { signal: stop.signal, onProgress: ({ readTokens }) => readTokens > 16 && stop.abort() });
  expect(await failure(reading)).toMatchObject({ name: 'AbortError' });
  expect(model.memory.state).toBe(0);
  expect(await failure(model.cachePrefix({ tokens: randomTokens(97, 160, 3) }))).toMatchObject({ code: 'generate/context-full' });
  const small = await load({ prefixCacheBytes: 1000 });
  expect(await failure(small.cachePrefix({ tokens: SHORT }))).toMatchObject({ code: 'invalid-option', option: 'prefixCacheBytes' });
  const reached = failure(small.cachePrefix({ tokens: SHORT.slice(0, 1) }));
  small.dispose();
  expect(await reached).toMatchObject({ code: 'generate/disposed' });
});

test('a stored prefix serves the next visit, and one that is damaged is read again', async () => {
  const { bytes } = await model.cachePrefix({ tokens: LONG }, { persist: true });
  model.dispose();

  // Room for one: the least recently used goes, and what is stored comes back.
  model = await load({ prefixCacheBytes: bytes });
  const read: number[] = [];
  const options = { persist: true, onProgress: ({ readTokens }: { readTokens: number }) => read.push(readTokens) };
  expect(await model.cachePrefix({ tokens: LONG }, options)).toMatchObject({ persisted: true });
  expect(read).toEqual([]);
  expect(await run(model, { tokens: [...LONG, ...QUESTION] }, OPTIONS)).toMatchObject({ ids: expected, cachedTokens: 40 });
  await model.cachePrefix({ tokens: QUESTION });
  expect(await model.listPrefixes()).toMatchObject([{ tokens: LONG, persisted: true }, { tokens: QUESTION, persisted: false }]);
  expect(await run(model, { tokens: [...LONG, ...QUESTION] }, OPTIONS)).toMatchObject({ ids: expected, cachedTokens: 40 });
  expect(await model.listPrefixes()).toMatchObject([{ tokens: LONG, persisted: true }]);

  // As a page of another version, or a disk, may have left it.
  const get = vi.spyOn(IDBObjectStore.prototype, 'get').mockImplementation(function (this: IDBObjectStore) {
    return this.count();
  });
  model.dispose();
  model = await load();
  expect(await model.cachePrefix({ tokens: LONG }, options)).toMatchObject({ persisted: true });
  expect(read.at(-1)).toBe(40);
  get.mockRestore();
});

test('storage that has no room is a typed error, and the prefix is cached all the same', async () => {
  await model.clearPrefixes();
  const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  expect(await failure(model.cachePrefix({ tokens: LONG }, { persist: true }))).toMatchObject({ code: 'storage', reason: 'quota' });
  put.mockRestore();
  expect(await run(model, { tokens: [...LONG, ...QUESTION] }, OPTIONS)).toMatchObject({ ids: expected, cachedTokens: 40 });
  expect(await model.listPrefixes()).toMatchObject([{ tokens: LONG, persisted: false }]);
});
