import type { Browser, Page } from 'playwright';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { serve } from '../../scripts/serve.mjs';
import { launchBrowser, textDone } from './open-page.ts';

// Who has only a keyboard, or only a thumb: on the fake engine, since nothing here depends on a model.
let browser: Browser;
let server: Awaited<ReturnType<typeof serve>>;
let url: string;

beforeAll(async () => {
  server = await serve({ mounts: { '/': inject('fakeSite') } });
  ({ url } = server);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

/** The name of what has the focus, through shadow roots. */
function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? '';
  });
}

test('everything can be done by keyboard: order, visible focus, dialogs, sending, Esc', async () => {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto(url);
  await textDone(page);
  const order: string[] = [];
  for (let i = 0; i < 12; i++) {
    await page.keyboard.press('Tab');
    order.push(await focused(page));
    const outline = await page.evaluate(() => {
      let element = document.activeElement;
      while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
      if (!element) return '';
      // The text field shows its focus on the box around it.
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const form = element.closest('form');
      return element instanceof HTMLTextAreaElement && form ? getComputedStyle(form).boxShadow : `${outlineStyle} ${outlineWidth}`;
    });
    expect(outline, order.at(-1)).toMatch(/solid 2px|0px 0px 0px 1px/);
  }
  expect(order).toEqual(['How it works', 'In your page', 'Memory', 'Model: stories260K. Choose another', 'New conversation', 'Settings', 'Text', 'Continue', 'Copy', 'Try again', 'Undo', 'Write how a story begins']);

  // A dialog takes the focus, keeps it, and gives it back.
  await page.getByRole('button', { name: 'Settings' }).focus();
  await page.keyboard.press('Enter');
  await page.getByRole('dialog', { name: 'Settings' }).waitFor();
  expect(await focused(page)).toBe('Close');
  await page.keyboard.press('Escape');
  expect(await focused(page)).toBe('Settings');

  await page.evaluate(() => document.querySelector('sluice-chat')?.load('fake/endless'));
  await page.getByRole('textbox', { name: /Write/ }).focus();
  await page.keyboard.type('A dog');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Stop' }).waitFor();
  await page.keyboard.press('Escape');
  await textDone(page);
  expect(await page.locator('[data-part=announcer] p').allTextContents()).toContain('Stopped.');
  expect(await focused(page)).toBe('Write how a story begins');
  await page.close();
});

test('on a phone, everything to be touched is at least 44 pixels high and wide, and nothing runs out of the screen', async () => {
  const context = await browser.newContext({ viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true });
  const page = await context.newPage();
  await page.goto(url);
  await textDone(page);
  const check = async (what: string): Promise<void> => {
    const problems = await page.evaluate(() => {
      const root = document.querySelector('sluice-chat')?.shadowRoot;
      const within = root?.querySelector('dialog[open]') ?? root;
      const touched = [...(within?.querySelectorAll('button, a, label.choice, summary, input:not([type=radio], [type=file]), textarea') ?? []), ...(within === root ? document.querySelectorAll('a, button') : [])];
      return touched.filter((element) => element.checkVisibility()).flatMap((element) => {
        // Text inside the rounded field is touched through the field.
        const { width, height, left, right } = (element instanceof HTMLTextAreaElement ? element.closest('form, .setting') ?? element : element).getBoundingClientRect();
        const name = element.getAttribute('aria-label') ?? element.textContent;
        return [...(Math.min(width, height) < 43.9 ? [`${name}: ${width} × ${height}`] : []), ...(left < 0 || right > innerWidth ? [`${name} runs out`] : [])];
      });
    });
    expect(problems, what).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth), what).toBeLessThanOrEqual(360);
  };
  await check('story');
  await page.getByRole('button', { name: 'Settings' }).click();
  await page.getByRole('dialog', { name: 'Settings' }).waitFor();
  await check('settings');
  await page.getByRole('button', { name: 'Close' }).click();
  await page.locator('[data-part=model]').click();
  await page.getByRole('dialog', { name: 'Choose a model' }).waitFor();
  await check('model picker');
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'New conversation' }).click();
  await page.getByRole('button', { name: 'Undo' }).waitFor();
  await check('cleared');
  await page.evaluate(async () => {
    const chat = document.querySelector('sluice-chat');
    await chat?.load('fake/chat');
    await chat?.send('One');
    await chat?.send('Two');
  });
  await page.getByRole('button', { name: 'Try again' }).click();
  await page.getByRole('button', { name: 'Next version' }).waitFor();
  await textDone(page);
  await check('versions');
  await page.getByRole('button', { name: 'Branch from here' }).first().click();
  await page.locator('[data-part=draft]').waitFor();
  await check('a new branch');
  await page.evaluate(() => document.querySelector('sluice-chat')?.load('fake/missing').catch(() => {}));
  await page.locator('[data-part=error]').waitFor();
  await check('error');
  await context.close();
});

test('a notice below a long text is read from its beginning', async () => {
  const page = await browser.newPage({ viewport: { width: 360, height: 640 } });
  await page.goto(url);
  await textDone(page);
  await page.evaluate(() => document.querySelector('sluice-chat')?.load('fake/missing').catch(() => {}));
  const title = page.locator('[data-part=error] .notice-title');
  await title.waitFor();
  await expect.poll(async () => {
    const [view, notice] = await Promise.all([page.getByRole('region', { name: 'Text' }).boundingBox(), title.boundingBox()]);
    return view !== null && notice !== null && notice.y >= view.y && notice.y + notice.height <= view.y + view.height;
  }).toBe(true);
  await page.close();
});
