import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { serve } from '../../scripts/serve.mjs';
import { launchBrowser, openPage, storyText, textDone } from './open-page.ts';

const story: { prompt: string; text: string } = JSON.parse(readFileSync(new URL('../fixtures/real/stories260K/expected-story.json', import.meta.url), 'utf8'));

let browser: Browser;
let server: Awaited<ReturnType<typeof serve>>;
let url: string;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  server = await serve({ mounts: { '/': inject('fakeSite') } });
  ({ url } = server);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
afterEach(async () => {
  await page.context().close();
  expect(complaints, 'the console stays clean').toEqual([]);
});

async function open(prepare?: (page: Page) => Promise<unknown>): Promise<void> {
  ({ page, complaints } = await openPage(browser, url, prepare));
}

/** Loads one of the fake engine's models; true where that worked. */
function load(name: string): Promise<boolean> {
  return page.evaluate((source) => document.querySelector('sluice-chat')?.load(source).then(() => true, () => false) ?? false, name);
}

/** Sends a text and waits for the end of what it brings; the buttons of the text before are still there for a moment. */
async function ask(text: string): Promise<void> {
  await page.getByRole('textbox').fill(text);
  const finished = page.evaluate(() => new Promise<void>((resolve) => { addEventListener('sluice-finish', () => resolve(), { once: true }); }));
  await page.keyboard.press('Enter');
  await finished;
  await textDone(page);
}

test('tells the story at once, in several steps, and says how quickly', async () => {
  await open(async (fresh) => {
    await fresh.addInitScript(() => {
      const lengths = new Set<number>();
      Object.assign(globalThis, { lengths });
      addEventListener('sluice-token', () => lengths.add(document.querySelector('sluice-chat')?.shadowRoot?.querySelector('[data-part=story]')?.textContent?.length ?? 0));
    });
  });
  await textDone(page);
  expect(await storyText(page)).toBe(story.text);
  expect(await page.locator('[data-part=story] .prompt').textContent()).toBe(story.prompt);
  expect(await page.evaluate(() => Reflect.get(globalThis, 'lengths').size)).toBeGreaterThan(5);
  expect(await page.locator('[data-part=stat-speed]').textContent()).toMatch(/83 tok\/s/);
  expect(await page.locator('[data-part=stat-context]').textContent()).toMatch(/\d+ \/ 512/);
  expect(await page.locator('[data-part=stat-memory]').textContent()).toMatch(/2\.0 MB/);
});

test('Esc and the button stop; what was written stays', async () => {
  await open();
  await textDone(page);
  for (const stop of [() => page.keyboard.press('Escape'), () => page.getByRole('button', { name: 'Stop' }).click()]) {
    await page.evaluate(async () => document.querySelector('sluice-chat')?.load('fake/endless').catch(() => {}));
    await page.getByRole('textbox').fill('A dog');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => (document.querySelector('sluice-chat')?.shadowRoot?.querySelector('[data-part=story]')?.textContent?.length ?? 0) > 12);
    await stop();
    await textDone(page);
    const text = await storyText(page);
    expect(text.startsWith('A dog,') || text.startsWith('A dog ')).toBe(true);
    await page.waitForTimeout(200);
    expect(await storyText(page)).toBe(text);
  }
});

test('a greedy story is told differently when tried again, and can be gone on with', async () => {
  await open();
  await textDone(page);
  await page.getByRole('button', { name: 'Try again' }).click();
  await textDone(page);
  expect(await storyText(page)).toMatch(/told differently\)$/);
  const before = await storyText(page);
  await page.getByRole('button', { name: 'Continue' }).click();
  await textDone(page);
  expect((await storyText(page)).startsWith(before)).toBe(true);
  expect((await storyText(page)).length).toBeGreaterThan(before.length);
});

test('clearing can be undone', async () => {
  await open();
  await textDone(page);
  await page.getByRole('button', { name: 'New conversation' }).click();
  await page.getByText('How does the story begin?').waitFor();
  expect(await page.locator('[data-part=story]').count()).toBe(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  expect(await storyText(page)).toBe(story.text);
});

test('a chat shows Markdown as nodes, hides thoughts, and never becomes markup', async () => {
  await open();
  expect(await load('fake/chat')).toBe(true);
  await ask('Why does it rain?');
  expect(await page.locator('[data-part=question]').textContent()).toBe('You: Why does it rain?');
  const answer = page.locator('[data-part=answer]');
  expect(await answer.locator('ol > li').allTextContents()).toEqual(['Water rises as vapour.', 'It cools into droplets.']);
  expect(await answer.locator('pre code').textContent()).toBe('const rain = clouds.map((cloud) => cloud.fall());');
  expect(await answer.locator('strong').allTextContents()).toEqual(['clouds']);
  expect(await answer.locator('img').count()).toBe(0);
  expect(await answer.getByText('The visitor asks').isVisible()).toBe(false);
  expect(await page.title()).not.toBe('hacked');
});

test('Shift+Enter begins a line', async () => {
  await open();
  await textDone(page);
  await page.getByRole('textbox').fill('One');
  await page.keyboard.press('Shift+Enter');
  expect(await page.getByRole('textbox').inputValue()).toBe('One\n');
  expect(await page.locator('[data-part=story]').count()).toBe(1);
});

test('a failed load is explained and the model before it comes back', async () => {
  await open();
  await textDone(page);
  expect(await load('fake/missing')).toBe(false);
  const notice = page.locator('[data-part=error]');
  expect(await notice.textContent()).toMatch(/The model was not found/);
  expect(await notice.textContent()).toMatch(/404/);
  await notice.getByRole('button', { name: 'Back to stories260K' }).click();
  await textDone(page);
  expect(await storyText(page)).toBe(story.text);
});

test('a load shows bytes and time left, and can be cancelled', async () => {
  await open();
  await textDone(page);
  await page.evaluate(() => { void document.querySelector('sluice-chat')?.load('fake/slow').catch(() => {}); });
  const progress = page.locator('[data-part=progress]');
  await page.waitForFunction(() => /left/.test(document.querySelector('sluice-chat')?.shadowRoot?.querySelector('[data-part=progress]')?.textContent ?? ''));
  expect(await progress.textContent()).toMatch(/of 1\.5 GB/);
  expect(await progress.getByRole('progressbar').getAttribute('aria-valuenow')).toMatch(/^\d+$/);
  await progress.getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('Loading was stopped').waitFor();
});

test('a crash of the worker is told and the model can be loaded again', async () => {
  await open();
  await textDone(page);
  expect(await load('fake/crash')).toBe(true);
  await page.getByRole('textbox').fill('Hello');
  await page.keyboard.press('Enter');
  await page.getByText('The engine stopped unexpectedly').waitFor();
  await page.getByRole('button', { name: 'Load the model again' }).click();
  await page.getByText('How does the story begin?').waitFor();
});

test('a full context offers a new conversation and keeps the text', async () => {
  await open();
  await textDone(page);
  expect(await load('fake/full')).toBe(true);
  await page.getByRole('textbox').fill('Hello');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Start a new conversation' }).click();
  expect(await page.getByRole('textbox').inputValue()).toBe('Hello');
});

test('settings reach the engine, survive a reload, and can be reset', async () => {
  await open();
  await textDone(page);
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByLabel('Temperature').fill('0.7');
  await page.getByLabel('Seed', { exact: false }).first().waitFor();
  await page.getByRole('button', { name: 'Roll a seed' }).click();
  await page.keyboard.press('Escape');
  await page.reload();
  await textDone(page);
  expect(await storyText(page)).toMatch(/told differently/);
  await load('fake/echo');
  await ask('x');
  expect(await storyText(page)).toBe('x{"prompt":"x","temperature":0.7,"quantize":"none"}');
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Reset to defaults' }).click();
  expect(await page.getByLabel('Temperature').inputValue()).toBe('');
});

test('the attribute kv-cache reaches the engine, and is refused where it says nothing known', async () => {
  await open();
  await textDone(page);
  const set = (value: string): Promise<void> => page.evaluate((text) => document.querySelector('sluice-chat')?.setAttribute('kv-cache', text), value);
  await set('int8');
  expect(await load('fake/echo')).toBe(true);
  await ask('x');
  expect(await storyText(page)).toContain('"kvCache":"int8"');
  await set('int5');
  expect(await load('fake/echo')).toBe(false);
  expect(await page.getByRole('alert').first().textContent()).not.toBe('');
});

test('the text is followed until the reader scrolls up, and again from the button on', async () => {
  await open((fresh) => fresh.setViewportSize({ width: 360, height: 400 }));
  await textDone(page);
  await load('fake/endless');
  await page.getByRole('textbox').fill('A dog ran on. '.repeat(20));
  await page.keyboard.press('Enter');
  const scroller = page.getByRole('region', { name: 'Text' });
  const distance = (): Promise<number> => scroller.evaluate(({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop);
  await expect.poll(() => scroller.evaluate(({ scrollTop }) => scrollTop), { timeout: 20_000 }).toBeGreaterThan(30);
  expect(await distance()).toBeLessThan(2);
  await scroller.evaluate((element) => { element.scrollTop = 0; });
  const jump = page.getByRole('button', { name: 'Jump to latest' });
  await jump.waitFor();
  await page.waitForTimeout(300);
  expect(await scroller.evaluate(({ scrollTop }) => scrollTop)).toBe(0);
  await jump.click();
  expect(await distance()).toBeLessThan(2);
  expect(await jump.isVisible()).toBe(false);
});

test('a local folder is loaded with the chosen quality, and one without a config is refused', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'sluice-folder-'));
  await writeFile(join(empty, 'notes.txt'), 'nothing');
  await open();
  await textDone(page);
  await page.locator('[data-part=model]').click();
  const input = page.locator('input[type=file]');
  await input.setInputFiles(empty);
  await page.getByText('holds neither a config.json nor a .gguf file').waitFor();
  await page.getByRole('radio', { name: /Close to the original/ }).check();
  await page.evaluate(() => addEventListener('sluice-ready', (event) => { if (event instanceof CustomEvent) document.title = event.detail.name; }));
  await input.setInputFiles(join(import.meta.dirname, '../fixtures/real/stories260K'));
  await expect.poll(() => page.title()).toBe('files int8: config.json expected-story.json expected-tokens.json expected.safetensors model.safetensors tokenizer.json tokenizer_config.json');
  await rm(empty, { recursive: true });
});

test('without WebGPU the page says why and what to do', async () => {
  await open((fresh) => fresh.addInitScript(() => { Reflect.deleteProperty(Navigator.prototype, 'gpu'); }));
  const notice = page.locator('[data-part=unsupported]');
  await notice.waitFor();
  expect(await notice.textContent()).toMatch(/does not offer WebGPU/);
  expect(await notice.locator('li').first().textContent()).toMatch(/^Chrome 113/);
  await notice.getByText('Other browsers').click();
  await notice.getByText(/^Firefox has WebGPU/).waitFor();
  expect(await notice.getByRole('link').getAttribute('href')).toMatch(/^https:/);
});

test('blocked storage does no harm', async () => {
  await open((fresh) => fresh.addInitScript(() => { Object.defineProperty(globalThis, 'localStorage', { get: () => { throw new DOMException('denied', 'SecurityError'); } }); }));
  await textDone(page);
  expect(await storyText(page)).toBe(story.text);
});

test('everything that can be operated has a name, and the answer is announced by the sentence', async () => {
  await open();
  await textDone(page);
  const nameless = await page.evaluate(() => {
    const root = document.querySelector('sluice-chat')?.shadowRoot;
    return [...(root?.querySelectorAll('button, input, textarea, dialog, [tabindex], [role=progressbar]') ?? [])].filter((element) => {
      const labelled = element instanceof HTMLInputElement || element instanceof HTMLTextAreaElement ? (element.labels?.length ?? 0) > 0 : false;
      return !labelled && !element.getAttribute('aria-label') && !element.textContent?.trim();
    }).map((element) => element.outerHTML);
  });
  expect(nameless).toEqual([]);
  const spoken = await page.locator('[data-part=announcer] p').allTextContents();
  expect(spoken).toContain('She loved to play outside in the park.');
  expect(await page.locator('[data-part=log]').getAttribute('aria-busy')).toBe('false');
});
