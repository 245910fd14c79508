import { expect, test } from 'vitest';
import { EngineClient } from './client.ts';
import type { BootFailure, Reply, Request } from './protocol.ts';

/** Stands in for a worker: keeps what it is sent and answers when told to. */
class SilentWorker extends EventTarget {
  readonly received: Request[] = [];
  onmessage = null;
  onmessageerror = null;
  onerror = null;
  postMessage(request: Request): void {
    this.received.push(request);
  }
  terminated = false;
  terminate(): void {
    this.terminated = true;
  }
  answer(reply: Reply): void {
    this.dispatchEvent(new MessageEvent('message', { data: reply }));
  }
}

const word = (id: number, text: string): Reply => ({ type: 'events', id, events: [{ type: 'text-delta', text, tokenIds: [1] }] });

test('a stop ends the text at once and tells the worker; what was on its way is dropped', async () => {
  const worker = new SilentWorker();
  const client = new EngineClient(() => worker);
  const texts: string[] = [];
  const outcome = (async () => {
    for await (const event of client.generate('x')) if (event.type === 'text-delta') texts.push(event.text);
  })().catch((error: unknown) => error);
  const id = worker.received[0]?.id ?? 0;
  worker.answer(word(id, 'a'));
  await expect.poll(() => texts).toEqual(['a']);
  client.stop();
  for (const text of ['b', 'c']) worker.answer(word(id, text));
  expect(await outcome).toMatchObject({ name: 'AbortError' });
  expect(texts).toEqual(['a']);
  expect(worker.received.at(-1)).toEqual({ type: 'cancel', id });
  worker.answer({ type: 'failed', id, error: { name: 'AbortError', code: 'AbortError', message: '' } });
});

const loaded = { name: 'm', modelType: 'llama', parameters: 1, contextLength: 8, hasChatTemplate: false };

/** A client, and the workers that it has started so far. */
function supervised(): { client: EngineClient; workers: SilentWorker[] } {
  const workers: SilentWorker[] = [];
  return { workers, client: new EngineClient(() => workers[workers.push(new SilentWorker()) - 1]) };
}

test('where the engine\'s script does not come the error names it, and the next load starts a worker anew', async () => {
  const { client, workers } = supervised();
  const first = client.load('a', {}).catch((error: unknown) => error);
  workers[0].dispatchEvent(new MessageEvent('message', { data: { type: 'boot-failure', url: 'https://cdn.test/engine.js', message: 'Failed to fetch' } satisfies BootFailure }));
  expect(await first).toMatchObject({ code: 'module-load', url: 'https://cdn.test/engine.js', message: expect.stringContaining('(Failed to fetch)') });
  expect(workers[0].terminated).toBe(true);
  const second = client.load('a', {});
  workers[1].answer({ type: 'loaded', id: workers[1].received[0]?.id ?? 0, model: loaded });
  expect(await second).toEqual(loaded);
});

test('where one of its neighbours does not come, the worker is replaced too; after other failures it stays', async () => {
  const { client, workers } = supervised();
  const fail = async (worker: number, code: string): Promise<unknown> => {
    const outcome = client.load('a', {}).catch((error: unknown) => error);
    workers[worker].answer({ type: 'failed', id: workers[worker].received.at(-1)?.id ?? 0, error: { name: 'SluiceError', code, message: 'no' } });
    return outcome;
  };
  expect(await fail(0, 'config')).toMatchObject({ code: 'config' });
  expect(await fail(0, 'module-load')).toMatchObject({ code: 'module-load' });
  expect(workers[0].terminated).toBe(true);
  expect(await fail(1, 'config')).toMatchObject({ code: 'config' });
  expect(workers.length).toBe(2);
});

test('a load is cancelled at once while the engine\'s script is still on its way', async () => {
  const { client, workers } = supervised();
  const stop = new AbortController();
  const outcome = client.load('a', {}, undefined, stop.signal).catch((error: unknown) => error);
  stop.abort();
  expect(await outcome).toMatchObject({ name: 'AbortError' });
  expect(workers[0].terminated).toBe(true);
});
