import { cp, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BuiltPage, story, STORYTELLER } from './built-page.ts';

// Loads that fail and loads that work, on the built page with the real engine, one after another.
let built: BuiltPage;
let folder: string;
let silent: { url: string; server: Server };

/** A copy of the storyteller with one thing wrong. */
async function spoil(name: string, change: (path: (file: string) => string) => Promise<void>): Promise<void> {
  await cp(STORYTELLER, join(folder, name), { recursive: true });
  await change((file) => join(folder, name, file));
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-broken-'));
  await spoil('bad-json', (path) => writeFile(path('config.json'), '{"model_type": "llama", '));
  await spoil('other-type', (path) => writeFile(path('config.json'), '{"model_type": "perceiver"}'));
  await spoil('truncated', (path) => truncate(path('model.safetensors'), 500_000));
  // Answers nothing, ever.
  const server = createServer(() => {});
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const address = server.address();
  silent = { server, url: `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/model/` };
  built = await BuiltPage.open({ settings: { maxTokens: 8 }, mounts: { '/broken/': folder } });
  await built.done();
});
afterAll(async () => {
  await built?.close();
  silent?.server.closeAllConnections();
  silent?.server.close();
  await rm(folder, { recursive: true });
});

/** Loads the default model and has it tell the beginning of its story. */
async function loadsAgain(): Promise<void> {
  expect(await built.load(`${built.url}models/stories260K/`)).toBe('loaded');
  await built.done();
  const text = await built.text();
  expect(text.length).toBeGreaterThan(story.prompt.length);
  expect(story.text.startsWith(text)).toBe(true);
}

test.each([
  ['nothing-here', 'checkpoint/missing-file', 'The model was not found'],
  ['bad-json', 'checkpoint/json', 'One of the model’s text files is damaged'],
  ['other-type', 'load/unsupported-model', 'This kind of model is not supported yet'],
  ['truncated', /^checkpoint\//, /weights file/],
])('%s: the failure is explained, nothing stays on the GPU, and the next load works', async (name, code, title) => {
  const memory = await built.stat('memory');
  const outcome = await built.load(`${built.url}broken/${name}/`);
  expect(outcome).toMatch(code);
  const notice = built.page.locator('[data-part=error]');
  expect(await notice.locator('.notice-title').textContent()).toMatch(title);
  await notice.getByText('Details').click();
  expect(await notice.locator('.details').textContent()).toMatch(/config\.json|model\.safetensors|perceiver/);
  await loadsAgain();
  expect(await built.stat('memory')).toBe(memory);
  expect(await notice.count()).toBe(0);
});

test('a load can be aborted, and the next one works', async () => {
  const aborted = built.load(silent.url);
  await built.page.getByRole('button', { name: 'Cancel' }).click();
  expect(await aborted).toBe('AbortError');
  await built.page.getByText('Loading was stopped').waitFor();
  await loadsAgain();
});

test('a folder of this computer is read, in the compression that was chosen', async () => {
  const { page } = built;
  await page.locator('[data-part=model]').click();
  await page.getByRole('radio', { name: /Original/ }).check();
  await page.locator('input[type=file]').setInputFiles(STORYTELLER);
  await page.getByText('How does the story begin?').waitFor({ timeout: 60_000 });
  expect(await page.locator('[data-part=model]').textContent()).toBe('stories260K');
  await built.set({ Temperature: '0' });
  const original = await built.ask(story.prompt);
  expect(story.text.startsWith(story.prompt + original.text)).toBe(true);
  const memory = await page.locator('[data-part=stat-memory]').getAttribute('title');

  await page.locator('[data-part=model]').click();
  await page.getByRole('radio', { name: /8-bit Close/ }).check();
  await page.locator('input[type=file]').setInputFiles(STORYTELLER);
  await page.getByText('How does the story begin?').waitFor({ timeout: 60_000 });
  const small = await built.ask(story.prompt);
  expect(small.usage?.completionTokens).toBe(8);
  const kilobytes = (title: string | null): number => Number.parseFloat(/([\d.]+) (?:kB|MB) weights/.exec(title ?? '')?.[1] ?? '') * (/MB weights/.test(title ?? '') ? 1000 : 1);
  expect(kilobytes(await page.locator('[data-part=stat-memory]').getAttribute('title'))).toBeLessThan(kilobytes(memory));
});

test('the console holds only what the browser itself says of the missing files', () => {
  expect(built.complaints.filter((text) => !/^Failed to load resource: .*404/.test(text))).toEqual([]);
});
