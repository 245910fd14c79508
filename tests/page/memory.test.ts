import { expect, inject, test } from 'vitest';
import { serve } from '../../scripts/serve.mjs';
import { launchBrowser, openPage } from './open-page.ts';

// How much a state weighs is tested in tests/sessions/long-text.browser.test.ts; here, that the built page shows it, and can be stopped.
test('the memory page draws what it measures, pauses, goes on, and is cancelled', async () => {
  const site = await serve({ mounts: { '/': inject('site') } });
  const browser = await launchBrowser();
  const { page, complaints } = await openPage(browser, `${site.url}memory.html`);
  await page.getByRole('combobox', { name: 'Models' }).selectOption('Tiny, for slow devices');
  await page.getByRole('combobox', { name: 'Tokens each' }).selectOption('1,000');
  await page.getByRole('button', { name: 'Start' }).click();
  const status = page.getByRole('status');
  const cells = (column: number): Promise<string[]> => page.locator(`tbody td:nth-of-type(${column})`).allTextContents();
  await expect.poll(async () => (await cells(1)).filter((text) => text !== '–').length).toBeGreaterThan(1);
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect.poll(() => status.textContent()).toMatch(/^Paused after \d+ tokens\.$/);
  const measured = (await cells(1)).filter((text) => text !== '–');
  expect(new Set(measured)).toEqual(new Set(['21 kB']));
  expect(await page.getByRole('img', { name: /^State, over tokens\. Linear, in use 21 kB after \d+ tokens/ }).locator('path.line.linear').first().getAttribute('d')).toMatch(/^M[\d. ]+(L[\d. ]+)+$/);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect.poll(async () => (await cells(1)).filter((text) => text !== '–').length).toBeGreaterThan(measured.length);
  await page.getByRole('button', { name: 'Cancel' }).click();
  expect(await status.textContent()).toMatch(/^Cancelled/);
  expect(await page.getByRole('combobox', { name: 'Models' }).isEnabled()).toBe(true);
  expect(complaints).toEqual([]);
  await browser.close();
  await site.close();
});
