import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { createServer, type ViteDevServer } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser } from './open-page.ts';

// The API in a page as a program has it, which is left and opened again: nothing but bytes and the browser's storage is the same.
const ROOT = join(import.meta.dirname, '../..');
const MODEL = '/@fs' + join(ROOT, 'tests/fixtures/arch/qwen3_5_text/');

let server: ViteDevServer;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  server = await createServer({ configFile: join(ROOT, 'vite.config.ts'), logLevel: 'silent', server: { port: 0, host: '127.0.0.1', hmr: false, watch: null } });
  await server.listen();
  browser = await launchBrowser();
  page = await browser.newPage();
  // Its script waits to be asked.
  await page.goto(`${server.resolvedUrls?.local[0]}cli.html`);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** Runs `body`, source text since bundlers would change its imports, with a model `model` and a function `ids(session, tokens)`. */
function inPage<T>(body: string, argument: unknown = null): Promise<T> {
  return page.evaluate<T>(`(async (argument) => {
    const { loadModel } = await import(${JSON.stringify('/@fs' + join(ROOT, 'index.ts'))});
    const model = await loadModel({ url: new URL(${JSON.stringify(MODEL)}, location.href).href }, { precision: 'f32', contextLength: 128, prefillChunk: 32 });
    const ids = async (session, tokens, maxTokens) => {
      const all = { ids: [], cachedTokens: 0 };
      for await (const event of session.generate({ tokens }, { temperature: 0, stopTokens: [], maxTokens })) {
        if (event.type === 'text-start') all.cachedTokens = event.cachedTokens;
        if (event.type === 'text-delta') all.ids.push(...event.tokenIds);
      }
      return all;
    };
    ${body}
  })(${JSON.stringify(argument)})`);
}

interface Written {
  readonly ids: readonly number[];
  readonly cachedTokens: number;
}

test('a hybrid’s state goes on after the page was left, from bytes and from the browser’s storage', async () => {
  const prompt = Array.from({ length: 40 }, (_, i) => (i * 37 + 11) % 120);
  const before = await inPage<{ state: readonly number[]; next: Written }>(`
    const session = model.createSession();
    await ids(session, argument, 5);
    const state = [...(await session.save())];
    await model.cachePrefix({ tokens: argument }, { persist: true });
    return { state, next: await ids(session, [7], 12) };
  `, prompt);
  expect(before.next.ids).toHaveLength(12);

  await page.reload();
  const after = await inPage<Written>('const session = model.createSession(); await session.load(Uint8Array.from(argument)); return ids(session, [7], 12);', before.state);
  expect(after).toEqual(before.next);

  await page.reload();
  const { first, cached } = await inPage<{ first: readonly number[]; cached: Written }>(`
    const read = [];
    await model.cachePrefix({ tokens: argument }, { persist: true, onProgress: ({ readTokens }) => read.push(readTokens) });
    return { first: read, cached: await ids(model.createSession(), [...argument, 7], 3) };
  `, prompt);
  expect(first, 'tokens read again').toEqual([]);
  expect(cached.cachedTokens).toBe(prompt.length);
  const uncached = await inPage<Written>('return ids(model.createSession(), [...argument, 7], 3);', prompt);
  expect(uncached.ids).toEqual(cached.ids);
});
