import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright';
import { inject } from 'vitest';
import { serve } from '../../scripts/serve.mjs';
import { launchBrowser, openPage, storyText, textDone } from './open-page.ts';

export const STORYTELLER = join(import.meta.dirname, '../fixtures/real/stories260K');

export const story: { readonly prompt: string; readonly text: string; readonly greedy_ids: readonly number[] } = JSON.parse(readFileSync(join(STORYTELLER, 'expected-story.json'), 'utf8'));

/** What `sluice-finish` tells of a text. */
export interface Finished {
  readonly text: string;
  readonly finishReason: string;
  readonly usage?: { readonly promptTokens: number; readonly cachedTokens: number; readonly completionTokens: number };
}

/** The page as `npm run build` makes it, the real engine in it, driven as a visitor would. */
export class BuiltPage {
  readonly url: string;
  readonly page: Page;
  /** Console errors and warnings. */
  readonly complaints: string[];
  readonly #browser: Browser;
  readonly #close: () => Promise<void>;

  private constructor(url: string, page: Page, complaints: string[], browser: Browser, close: () => Promise<void>) {
    this.url = url;
    this.page = page;
    this.complaints = complaints;
    this.#browser = browser;
    this.#close = close;
  }

  /** `settings` as they are stored; `mounts` are further folders by path. */
  static async open({ settings = {}, mounts = {}, prepare }: { settings?: object; mounts?: Readonly<Record<string, string>>; prepare?: (page: Page) => Promise<unknown> } = {}): Promise<BuiltPage> {
    const site = await serve({ mounts: { '/': inject('site'), ...mounts }, cors: true });
    const browser = await launchBrowser();
    const { page, complaints } = await openPage(browser, site.url, async (fresh) => {
      await fresh.addInitScript((stored) => {
        if (!localStorage.getItem('sluice-chat:settings')) localStorage.setItem('sluice-chat:settings', stored);
        const finished: unknown[] = [];
        Object.assign(globalThis, { finished });
        addEventListener('sluice-finish', (event) => { if (event instanceof CustomEvent) finished.push(event.detail); });
      }, JSON.stringify(settings));
      await prepare?.(fresh);
    });
    return new BuiltPage(site.url, page, complaints, browser, site.close);
  }

  async close(): Promise<void> {
    await this.#browser.close();
    await this.#close();
  }

  /** Loads a model as a program would; `loaded`, or the error's code or name. */
  load(source: string): Promise<string> {
    return this.page.evaluate((from) => {
      const element = document.querySelector('sluice-chat');
      if (!element) return 'no element';
      return element.load(from).then(() => 'loaded', (error: unknown) => {
        if (!(error instanceof Error)) return 'thrown';
        return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
      });
    }, source);
  }

  /** Writes into the text field and sends; ends when the answer does. */
  async ask(text: string): Promise<Finished> {
    const before = await this.#count();
    await this.page.getByRole('textbox', { name: /Write/ }).fill(text);
    await this.page.keyboard.press('Enter');
    return this.#finished(before);
  }

  /** Presses a button that begins a text; ends when the text does. */
  async press(name: string): Promise<Finished> {
    const before = await this.#count();
    await this.page.getByRole('button', { name, exact: true }).click();
    return this.#finished(before);
  }

  /** Fills settings by their labels, '' for the model's own choice. */
  async set(values: Readonly<Record<string, string>>): Promise<void> {
    await this.page.getByRole('button', { name: 'Settings' }).click();
    for (const [label, value] of Object.entries(values)) await this.page.getByRole('spinbutton', { name: label }).fill(value);
    await this.page.keyboard.press('Escape');
  }

  /** What a statistic shows. */
  async stat(name: 'speed' | 'first' | 'context' | 'memory'): Promise<string> {
    return (await this.page.locator(`[data-part=stat-${name}] dd`).textContent()) ?? '';
  }

  done(): Promise<void> {
    return textDone(this.page);
  }

  text(): Promise<string> {
    return storyText(this.page);
  }

  #count(): Promise<number> {
    return this.page.evaluate(() => Reflect.get(globalThis, 'finished').length);
  }

  async #finished(before: number): Promise<Finished> {
    await this.page.waitForFunction((count) => Reflect.get(globalThis, 'finished').length > count, before, { timeout: 60_000 });
    return this.page.evaluate(() => Reflect.get(globalThis, 'finished').at(-1));
  }
}
