import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serve } from '../../scripts/serve.mjs';
import { BuiltPage, story } from './built-page.ts';
import { launchBrowser, openPage, storyText, textDone } from './open-page.ts';

// What a visitor sees first: the built page with the real engine in it.
let built: BuiltPage;
const requested = new Set<string>();

beforeAll(async () => {
  built = await BuiltPage.open({
    prepare: async (page) => {
      page.on('request', (request) => requested.add(new URL(request.url()).origin));
      await page.addInitScript(() => {
      const updates: number[] = [];
      Object.assign(globalThis, { updates });
      addEventListener('sluice-token', (event) => { if (event instanceof CustomEvent) updates.push(event.detail.tokenIds.length); });
      });
    },
  });
});
afterAll(() => built?.close());

test('the page tells exactly the expected story, in many steps, with figures, and without complaint', async () => {
  await built.done();
  expect(await built.text()).toBe(story.text);
  const updates: number[] = await built.page.evaluate(() => Reflect.get(globalThis, 'updates'));
  expect(updates.length).toBeGreaterThan(10);
  expect(updates.reduce((sum, count) => sum + count, 0)).toBe(story.greedy_ids.length);
  expect(await built.page.locator('[data-part=model]').textContent()).toBe('stories260K');
  expect(Number.parseFloat(await built.stat('speed'))).toBeGreaterThan(0);
  expect(await built.stat('first')).toMatch(/^[\d.]+ m?s first token$/);
  expect(await built.stat('context')).toBe('125 / 512 tokens');
  // 1 MB of weights as f16 or f32, and what a conversation needs.
  const [, size, unit] = /^([\d.]+) (MB) GPU$/.exec(await built.stat('memory')) ?? [];
  expect([Number(size) > 1 && Number(size) < 20, unit]).toEqual([true, 'MB']);
  const spoken = await built.page.locator('[data-part=announcer] p').allTextContents();
  expect(spoken).toContain('One day, she saw a big, red ball.');
  expect(built.complaints).toEqual([]);
});

test('nothing is asked of any other host, and every link leads somewhere', async () => {
  await built.done();
  // The worker starts from a blob, whose origin is the page's; data: addresses have none.
  expect([...requested].filter((origin) => origin !== 'null')).toEqual([new URL(built.url).origin]);
  const links = await built.page.locator('a').evaluateAll((found) => found.map((link) => link.getAttribute('href') ?? ''));
  expect(links.length).toBeGreaterThan(0);
  for (const link of links) {
    if (link.startsWith('#')) expect(await built.page.locator(link).count(), link).toBe(1);
    else expect((await built.page.request.get(new URL(link, built.url).href)).ok(), link).toBe(true);
  }
});

test('after a click on stop, at most one token more appears', async () => {
  const { page } = built;
  await built.set({ 'Longest answer': '400' });
  await page.getByRole('textbox', { name: /Write/ }).fill('The cat');
  const outcome = page.evaluate(() => new Promise<{ shown: string; after: number; finish: string }>((resolve) => {
    const stop = document.querySelector('sluice-chat')?.shadowRoot?.querySelector('.stop');
    let shown: string | undefined;
    let before = 0;
    let after = 0;
    const text = (): string => [...(document.querySelector('sluice-chat')?.shadowRoot?.querySelectorAll('[data-part=story]') ?? [])].at(-1)?.textContent ?? '';
    addEventListener('sluice-token', (event) => {
      if (!(event instanceof CustomEvent)) return;
      if (shown === undefined) before += event.detail.tokenIds.length;
      else after += event.detail.tokenIds.length;
      // A real click lands between two updates, not in one.
      if (before >= 8 && shown === undefined) setTimeout(() => stop instanceof HTMLElement && stop.click());
    });
    stop?.addEventListener('click', () => { shown = text(); }, true);
    addEventListener('sluice-finish', (event) => {
      if (event instanceof CustomEvent) setTimeout(() => resolve({ shown: shown ?? '', after, finish: event.detail.finishReason }), 300);
    });
  }));
  await page.keyboard.press('Enter');
  const { shown, after, finish } = await outcome;
  expect(finish).toBe('stopped');
  expect(after).toBeLessThanOrEqual(1);
  expect(shown).toMatch(/^The cat\S* \S/);
  expect((await built.text()).length - shown.length).toBeLessThan(12);
  // The engine has stopped as well: the next text is told from its own beginning.
  await built.set({ 'Longest answer': '12' });
  const { text, usage } = await built.ask(story.prompt);
  expect(story.text.startsWith(story.prompt + text)).toBe(true);
  expect(usage?.completionTokens).toBe(12);
  expect(built.complaints).toEqual([]);
});

test('one script tag is enough in a page of another origin', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-host-'));
  await writeFile(join(folder, 'index.html'), `<!doctype html><html lang="en"><title>Host</title><link rel="icon" href="data:,"><script type="module" src="${built.url}sluice.js"></script><sluice-chat></sluice-chat>`);
  const host = await serve({ mounts: { '/': folder } });
  expect(new URL(host.url).origin).not.toBe(new URL(built.url).origin);
  const browser = await launchBrowser();
  const { page, complaints } = await openPage(browser, host.url, (fresh) => fresh.addInitScript(() => localStorage.setItem('sluice-chat:settings', '{"maxTokens":30}')));
  await textDone(page);
  const told = await storyText(page);
  expect(told.length).toBeGreaterThan(60);
  expect(story.text.startsWith(told)).toBe(true);
  expect(complaints).toEqual([]);
  await browser.close();
  await host.close();
  await rm(folder, { recursive: true });
});
