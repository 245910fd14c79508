import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { build } from 'vite';
import { serve } from '../../scripts/serve.mjs';
import { DEFAULT_MODEL } from '../../web/default-model.ts';
import { launchBrowser, openPage } from './open-page.ts';

const repository = join(import.meta.dirname, '../..');

test('a visitor is told a story by the model that comes with the page, and offered what it can do', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-default-'));
  await build({ configFile: join(repository, 'vite.config.ts'), mode: 'production', logLevel: 'warn', build: { outDir: folder } });
  expect((await readdir(join(folder, 'models/tales-24m'))).sort()).toEqual(['README.md', 'config.json', 'generation_config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json']);
  const site = await serve({ mounts: { '/': folder } });
  const browser = await launchBrowser();
  // The likeliest words, and few of them: this is about 1 token a second where a processor draws the page.
  const { page, complaints } = await openPage(browser, site.url, (fresh) => fresh.addInitScript(() => localStorage.setItem('sluice-chat:settings', '{"maxTokens":7,"temperature":0}')));
  await page.locator('[data-part=actions]').waitFor({ timeout: 110_000 });
  expect(await page.locator('[data-part=model]').textContent()).toBe(DEFAULT_MODEL.name);
  const shown = await page.locator('sluice-chat').evaluate((element) => element.shadowRoot?.textContent ?? '');
  expect(shown).toContain(DEFAULT_MODEL.prompt);
  expect(shown).toMatch(/Once upon a time,? there was/);
  await page.getByRole('button', { name: 'New conversation' }).click();
  expect(await page.locator('.chip').allTextContents()).toEqual([...DEFAULT_MODEL.beginnings]);
  expect(complaints).toEqual([]);
  await browser.close();
  await site.close();
  await rm(folder, { recursive: true });
}, 150_000);
