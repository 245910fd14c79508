import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { serve } from '../../scripts/serve.mjs';
import { launchBrowser, openPage, storyText, textDone } from './open-page.ts';

// Only what bundling and origins change is tested here, so the double stands in for the engine.
let browser: Browser;
let script: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  script = await serve({ mounts: { '/': inject('fakeSite') }, cors: true });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await script?.close();
});

async function openHost(html: string): Promise<Awaited<ReturnType<typeof openPage>> & { close: () => Promise<void> }> {
  const pages = await mkdtemp(join(tmpdir(), 'sluice-host-'));
  await writeFile(join(pages, 'index.html'), `<!doctype html><html lang="en"><title>Host</title><link rel="icon" href="data:,">${html}`);
  // Another port is another origin.
  const host = await serve({ mounts: { '/': pages } });
  const opened = await openPage(browser, host.url);
  return { ...opened, close: async () => { await opened.page.context().close(); await host.close(); await rm(pages, { recursive: true }); } };
}

test('starts its worker in a page of another origin, even when the script is there twice', async () => {
  const tag = (query: string): string => `<script type="module" src="${script.url}sluice.js${query}"></script>`;
  const { page, complaints, close } = await openHost(`${tag('')}${tag('?again')}<sluice-chat></sluice-chat>`);
  await textDone(page);
  expect(await storyText(page)).toMatch(/^Once upon a time, there was/);
  expect(complaints).toEqual([]);
  await close();
});

test('a model that is not the default one is only loaded when asked for, and theme and events reach the page', async () => {
  const { page, complaints, close } = await openHost(`<script type="module" src="${script.url}sluice.js"></script><sluice-chat model="fake/chat" theme="dark" placeholder="Ask away"></sluice-chat>`);
  await page.evaluate(() => addEventListener('sluice-ready', (event) => { if (event instanceof CustomEvent) document.title = event.detail.name; }));
  await page.getByRole('textbox', { name: 'Ask away' }).waitFor();
  const load = page.getByRole('button', { name: 'Load the model' });
  await load.waitFor();
  expect(await page.title()).toBe('Host');
  expect(await page.evaluate(() => { const element = document.querySelector('sluice-chat'); return element ? getComputedStyle(element).colorScheme : ''; })).toBe('dark');
  await load.click();
  await page.getByText('What would you like to know?').waitFor();
  expect(await page.title()).toBe('fake/chat');
  expect(complaints).toEqual([]);
  await close();
});
