import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { runPage } from './run-page.mjs';

let root: string;
let checkpoint: string;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'page-'));
  checkpoint = mkdtempSync(join(tmpdir(), 'checkpoint-'));
  writeFileSync(join(checkpoint, 'config.json'), '{"model_type": "llama"}');
  const page = (script: string): string => `<!doctype html><link rel="icon" href="data:,"><script type="module">${script}</script>`;
  writeFileSync(
    join(root, 'good.html'),
    page(`globalThis.main = async ({ url, scale }, emit) => {
      const { model_type } = await (await fetch(url)).json();
      for (let step = 0; step < 3; step++) await emit({ step });
      console.error('a complaint');
      const adapter = await navigator.gpu?.requestAdapter();
      return { model_type, adapter: adapter !== null && adapter !== undefined, logits: new Float32Array([NaN, 2 * scale]) };
    };`),
  );
  writeFileSync(join(root, 'bad.html'), page(`globalThis.main = async () => { throw new RangeError('no such tensor'); };`));
  writeFileSync(join(root, 'broken.html'), page(`null.f();`));
  writeFileSync(join(root, 'empty.html'), page(''));
  writeFileSync(join(root, 'endless.html'), page(`globalThis.main = (_, emit) => { emit('started'); return new Promise(() => {}); };`));
});
afterAll(() => {
  rmSync(root, { recursive: true });
  rmSync(checkpoint, { recursive: true });
});

test('input goes in, messages and the result come out, complaints go to stderr', async () => {
  const stderr = vi.spyOn(console, 'error').mockImplementation(() => {});
  const messages: unknown[] = [];
  const result = await runPage({ root, page: 'good.html', mounts: { '/checkpoint/0/': checkpoint }, input: { url: 'checkpoint/0/config.json', scale: 4 }, onMessage: (message) => messages.push(message) });
  expect(result).toEqual({ model_type: 'llama', adapter: true, logits: new Float32Array([NaN, 8]) });
  expect(messages).toEqual([{ step: 0 }, { step: 1 }, { step: 2 }]);
  expect(stderr.mock.calls).toEqual([['[page] a complaint']]);
  stderr.mockRestore();
});

test.each([
  ['bad.html', /no such tensor/],
  ['broken.html', /null/],
  ['empty.html', /did not define globalThis\.main/],
  ['absent.html', /answers 404/],
])('%s rejects', async (page, message) => {
  const stderr = vi.spyOn(console, 'error').mockImplementation(() => {});
  // Only a page that defines nothing is waited for that long.
  await expect(runPage({ root, page, startTimeoutMs: page === 'empty.html' ? 500 : 60_000 })).rejects.toThrow(message);
  stderr.mockRestore();
});

test('a signal ends it', async () => {
  const controller = new AbortController();
  const run = runPage({ root, page: 'endless.html', signal: controller.signal, onMessage: () => controller.abort() });
  await expect(run).rejects.toMatchObject({ name: 'AbortError' });
});

test('another Playwright can be named', async () => {
  vi.stubEnv('SLUICE_PLAYWRIGHT', join(root, 'absent'));
  await expect(runPage({ root, page: 'good.html' })).rejects.toThrow(/Cannot find module/);
  vi.stubEnv('SLUICE_PLAYWRIGHT', join(import.meta.dirname, '../node_modules/playwright-core'));
  await expect(runPage({ root, page: 'bad.html' })).rejects.toThrow(/no such tensor/);
  vi.unstubAllEnvs();
});
