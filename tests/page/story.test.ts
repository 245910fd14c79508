import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, openPage, storyText, textDone } from './open-page.ts';
import { serveStatic } from './static-server.ts';

// The built page with the real engine: what a visitor gets.
const repository = join(import.meta.dirname, '../..');
const story: { prompt: string; text: string } = JSON.parse(readFileSync(join(repository, 'tests/fixtures/real/stories260K/expected-story.json'), 'utf8'));

let browser: Browser;
let site: { url: string; server: Server };

beforeAll(async () => {
  await promisify(execFile)('npm', ['run', '-s', 'build'], { cwd: repository });
  site = await serveStatic({ folder: join(repository, 'dist') });
  browser = await launchBrowser();
}, 300_000);
afterAll(async () => {
  await browser?.close();
  site?.server.close();
});

test('the page tells exactly the expected story, in several steps, without complaint', async () => {
  const { page, complaints } = await openPage(browser, site.url, (fresh) => fresh.addInitScript(() => {
    const updates: number[] = [];
    Object.assign(globalThis, { updates });
    addEventListener('sluice-token', (event) => { if (event instanceof CustomEvent) updates.push(event.detail.tokenIds.length); });
  }));
  await textDone(page);
  expect(await storyText(page)).toBe(story.text);
  const updates: number[] = await page.evaluate(() => Reflect.get(globalThis, 'updates'));
  expect(updates.length).toBeGreaterThan(3);
  expect(updates.reduce((sum, count) => sum + count, 0)).toBe(120);
  expect(await page.locator('[data-part=stat-memory]').textContent()).toMatch(/\d [kMG]?B/);
  expect(complaints).toEqual([]);
  await page.context().close();
});

test('stopping leaves at most one token more than was under way between worker and page', async () => {
  const { page, complaints } = await openPage(browser, site.url, (fresh) => fresh.addInitScript(() => localStorage.setItem('sluice-chat:settings', '{"maxTokens":450}')));
  const { after, perSecond, finish } = await page.evaluate(() => new Promise<{ after: number; perSecond: number; finish: string }>((resolve) => {
    let tokens = 0;
    let begun = 0;
    let stoppedAt = 0;
    let seconds = 0;
    addEventListener('sluice-token', (event) => {
      if (!(event instanceof CustomEvent)) return;
      begun ||= performance.now();
      tokens += event.detail.tokenIds.length;
      if (stoppedAt > 0 || tokens < 10) return;
      stoppedAt = tokens;
      seconds = (performance.now() - begun) / 1000;
      document.querySelector('sluice-chat')?.shadowRoot?.querySelector<HTMLButtonElement>('.stop')?.click();
    });
    addEventListener('sluice-finish', (event) => {
      if (event instanceof CustomEvent) resolve({ after: tokens - stoppedAt, perSecond: stoppedAt / seconds, finish: event.detail.finishReason });
    });
  }));
  expect(finish).toBe('stopped');
  // A batch (16 ms) and two messages may be under way: 50 ms of tokens at the measured rate.
  expect(after).toBeLessThanOrEqual(1 + Math.ceil(perSecond * 0.05));
  expect(complaints).toEqual([]);
  await page.context().close();
});

test('one script tag is enough in a page of another origin', async () => {
  const host = await serveStatic({ html: `<!doctype html><html lang="en"><title>Host</title><script type="module" src="${site.url}sluice.js"></script><sluice-chat></sluice-chat>` });
  const { page, complaints } = await openPage(browser, host.url);
  await textDone(page);
  expect(await storyText(page)).toBe(story.text);
  expect(complaints).toEqual([]);
  await page.context().close();
  host.server.close();
});

test('a load that fails or is aborted leaves the page usable', async () => {
  const { page } = await openPage(browser, site.url);
  await textDone(page);
  const load = (source: string): Promise<string> => page.evaluate((from) => document.querySelector('sluice-chat')?.load(from).then(() => 'loaded', (error: unknown) => (error instanceof Error ? error.name : 'thrown')) ?? 'no element', source);
  expect(await load(`${site.url}models/nothing-here/`)).not.toBe('loaded');
  await page.getByText('The model was not found').waitFor();
  const aborted = load(`${site.url}held/`);
  await page.getByRole('button', { name: 'Cancel' }).click();
  expect(await aborted).toBe('AbortError');
  expect(await load(`${site.url}models/stories260K/`)).toBe('loaded');
  await textDone(page);
  expect(await storyText(page)).toBe(story.text);
  await page.context().close();
});
