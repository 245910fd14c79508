import { chromium, type Browser, type Page } from 'playwright';
import { chromiumLaunchOptions } from '../../scripts/chromium.mjs';

export function launchBrowser(): Promise<Browser> {
  return chromium.launch(chromiumLaunchOptions());
}

/** Opens a page in a context of its own and gathers what it complains of: console errors, warnings and uncaught errors. */
export async function openPage(browser: Browser, url: string, prepare?: (page: Page) => Promise<unknown>): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 } });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(String(error)));
  await prepare?.(page);
  await page.goto(url);
  return { page, complaints };
}

/** Waits for the end of a text: the buttons for it appear. */
export async function textDone(page: Page): Promise<void> {
  await page.locator('[data-part=actions]').waitFor({ timeout: 60_000 });
}

export async function storyText(page: Page): Promise<string> {
  return (await page.locator('[data-part=story]').last().textContent()) ?? '';
}
