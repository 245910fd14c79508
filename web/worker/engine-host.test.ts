import { expect, test } from 'vitest';
import { GpuOutOfMemoryError } from '../../engine/errors/gpu-errors.ts';
import type { Model, Session, Snapshot } from '../../models/model.ts';
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

/** A model that answers each prompt at once, with a recurrent state, and writes down what its session is asked for; `full`: there is no memory left. */
function brief(log: string[], memoryLeft: { full: boolean }): Model {
  const model = endless('m', []);
  let length = 0;
  const names = new Map<Snapshot, number>();
  const session: Session = {
    ...model.createSession(),
    get length() { return length; },
    memory: { fixed: 1, growing: 0, allocated: 1 },
    async *generate(prompt, options) {
      log.push(`generate ${JSON.stringify(prompt)}`);
      if (prompt !== '') length += 2;
      await options?.onPromptRead?.();
      yield { type: 'text-start', promptTokens: length, cachedTokens: 0 };
      length++;
    },
    snapshot: () => {
      if (memoryLeft.full) return Promise.reject(new GpuOutOfMemoryError('kept state', 1));
      const snapshot = { length, bytes: 1, dispose: () => log.push(`dispose ${length}`) };
      names.set(snapshot, length);
      log.push(`keep ${length}`);
      return Promise.resolve(snapshot);
    },
    restore: (snapshot) => {
      length = names.get(snapshot) ?? NaN;
      log.push(`restore ${length}`);
      return Promise.resolve();
    },
    reset: () => {
      length = 0;
      log.push('reset');
    },
  };
  return { ...model, createSession: () => session };
}

test('a turn goes on from the first place that is left; where none is, the whole text is read', async () => {
  const log: string[] = [];
  const memoryLeft = { full: false };
  const replies: Reply[] = [];
  const host = new EngineHost(() => Promise.resolve(brief(log, memoryLeft)), (reply) => replies.push(reply));
  let id = 0;
  /** What the session was asked for during a turn. */
  async function turn(prompt: string, from: readonly string[], name: string): Promise<string[]> {
    host.handle({ type: 'generate', id: ++id, prompt, options: {}, turn: { from, prompt: `p${name}`, answer: `a${name}` } });
    await expect.poll(() => replies.at(-1)).toEqual({ type: 'done', id });
    return log.splice(0);
  }
  host.handle({ type: 'load', id: 0, source: 'm', options: {} });
  expect(await turn('One', [], '1')).toEqual(['reset', 'generate "One"', 'keep 2']);
  // Written on: the session is there already, and nothing is to be kept of what it leaves.
  expect(await turn('One more', ['a1'], '1')).toEqual(['generate ""']);
  // Again: the answer can be gone back to, and its prompt is not kept twice.
  expect(await turn('One', ['p1'], '2')).toEqual(['keep 4', 'restore 2', 'generate ""']);
  expect(await turn('One more', ['a1', 'p1'], '1')).toEqual(['keep 3', 'restore 4', 'dispose 4', 'generate ""']);
  // No memory: what was kept goes, and the text is read from its beginning.
  memoryLeft.full = true;
  const last = await turn('Two', ['a9', 'a2'], '3');
  expect(last.slice(-2)).toEqual(['reset', 'generate "Two"']);
  expect(last.slice(0, -2).every((step) => step.startsWith('dispose'))).toBe(true);
  memoryLeft.full = false;
  expect(await turn('One', ['a1', 'p1', 'a2'], '4')).toEqual(['keep 3', 'reset', 'generate "One"', 'keep 2']);
});
