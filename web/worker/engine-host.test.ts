import { expect, test } from 'vitest';
import type { Model, Session } from '../../models/model.ts';
import { EngineHost } from './engine-host.ts';
import type { Reply } from './protocol.ts';

const memory = { weights: 1, state: 2, activations: 3, total: 6 };

const none = (): Promise<never> => Promise.reject(new Error('no prefixes here'));

/** A model whose generation goes on until it is aborted, and which writes down what is done to it. */
function endless(name: string, log: string[]): Model {
  const session: Session = {
    length: 0,
    async *generate(_prompt, options) {
      for (;;) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        options?.signal?.throwIfAborted();
        yield { type: 'text-delta', text: '.', tokenIds: [1] };
      }
    },
    memory: { fixed: 0, growing: 0, allocated: 0 },
    snapshot: () => Promise.resolve({ length: 0, bytes: 0, dispose: () => undefined }),
    restore: () => Promise.resolve(),
    fork: () => Promise.resolve(session),
    save: () => Promise.resolve(new Uint8Array(0)),
    load: () => Promise.resolve(),
    reset: () => log.push(`${name} reset`),
    dispose: () => log.push(`${name} session disposed`),
  };
  return { name, modelType: 'llama', parameters: 1, contextLength: 8, vocabularySize: 4, logits: () => Promise.reject(new Error('no logits here')), hasChatTemplate: false, memory, generate: session.generate, createSession: () => session, cachePrefix: none, listPrefixes: none, clearPrefixes: none, dispose: () => log.push(`${name} disposed`) };
}

test('a new load stops the generation and frees the old model before it begins', async () => {
  const log: string[] = [];
  const replies: Reply[] = [];
  let done = (): void => {};
  const finished = new Promise<void>((resolve) => { done = resolve; });
  const host = new EngineHost(async (source) => {
    log.push(`load ${String(source)}`);
    return endless(String(source), log);
  }, (reply) => {
    replies.push(reply);
    if (reply.type === 'loaded' && reply.id === 3) done();
  });
  host.handle({ type: 'load', id: 1, source: 'a', options: {} });
  host.handle({ type: 'generate', id: 2, prompt: 'x', options: {} });
  await expect.poll(() => replies.some(({ type }) => type === 'events')).toBe(true);
  host.handle({ type: 'load', id: 3, source: 'b', options: {} });
  await finished;
  expect(log).toEqual(['load a', 'a reset', 'a session disposed', 'a disposed', 'load b']);
  expect(replies.find(({ type, id }) => type === 'failed' && id === 2)).toMatchObject({ error: { name: 'AbortError' } });
});

test('a request that is cancelled before its turn fails, and an unknown error keeps its code', async () => {
  const replies: Reply[] = [];
  const host = new EngineHost(() => Promise.reject(Object.assign(new Error('no'), { code: 'config' })), (reply) => replies.push(reply));
  host.handle({ type: 'load', id: 1, source: 'a', options: {} });
  host.handle({ type: 'generate', id: 2, prompt: 'x', options: {} });
  host.handle({ type: 'cancel', id: 2 });
  await expect.poll(() => replies.length).toBe(2);
  expect(replies).toMatchObject([{ type: 'failed', id: 1, error: { code: 'config' } }, { type: 'failed', id: 2, error: { name: 'AbortError' } }]);
});
