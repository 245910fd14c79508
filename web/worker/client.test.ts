import { expect, test } from 'vitest';
import { EngineClient } from './client.ts';
import type { Reply, Request } from './protocol.ts';

/** Stands in for a worker: keeps what it is sent and answers when told to. */
class SilentWorker extends EventTarget {
  readonly received: Request[] = [];
  onmessage = null;
  onmessageerror = null;
  onerror = null;
  postMessage(request: Request): void {
    this.received.push(request);
  }
  terminate(): void {}
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
