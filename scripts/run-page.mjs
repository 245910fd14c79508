// Runs a function of a built page in headless Chromium: what `eval`, `generate` and `bench` are made of.
//
// The page defines `globalThis.main = async (input, emit) => result`. `input` comes from the caller, each `emit(message)` reaches
// `onMessage` in order, and the result is returned. All three may hold numbers (NaN and Infinity too), strings, arrays,
// plain objects, dates and typed arrays; no functions.
import { launchChromium } from './launch-chromium.mjs';
import { serve } from './serve.mjs';

/**
 * @typedef {object} RunPageOptions
 * @property {string} root folder of the built page, served under /
 * @property {string} page its file name, such as `cli.html`
 * @property {Readonly<Record<string, string>>} [mounts] further folders by the path they appear under, `{ '/checkpoint/0/': DIR }`
 * @property {unknown} [input] first argument of the page's `main`
 * @property {(message: any) => void} [onMessage] receives what the page emits while it runs
 * @property {number} [startTimeoutMs] how long the page may take to define `main`; default 30 s
 * @property {AbortSignal} [signal] closes the browser; the call rejects with the signal's reason
 */

/**
 * Resolves with the result of the page's `main`. Rejects with the page's own error, or where the page crashes, does not define `main`,
 * or throws outside it. The page's warnings and errors go to stderr,
 * except that a request failed. Browser and server are closed in every case.
 * CHROMIUM_PATH, CHROMIUM_FLAGS and SLUICE_PLAYWRIGHT (the folder of a Playwright package) say what is launched.
 * @param {RunPageOptions} options
 * @returns {Promise<any>}
 */
export async function runPage({ root, page: name, mounts = {}, input, onMessage = () => {}, startTimeoutMs = 30_000, signal }) {
  signal?.throwIfAborted();
  const server = await serve({ mounts: { ...mounts, '/': root }, isolated: true });
  try {
    const { browser } = await launchChromium();
    try {
      signal?.throwIfAborted();
      const page = await browser.newPage();
      const broken = failureOf(page, browser, signal);
      const result = evaluate(page, server.url + name, { input, onMessage, startTimeoutMs });
      return await Promise.race([result, broken]);
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}

/**
 * Rejects with what ends a run from outside `main`.
 * @param {import('playwright').Page} page
 * @param {import('playwright').Browser} browser
 * @param {AbortSignal | undefined} signal
 * @returns {Promise<never>}
 */
function failureOf(page, browser, signal) {
  page.on('console', (message) => {
    // A file that is not there is for the page to judge: checkpoints have optional ones.
    if (message.text().startsWith('Failed to load resource')) return;
    if (message.type() === 'error' || message.type() === 'warning') console.error(`[page] ${message.text()}`);
  });
  /** @type {Promise<never>} */
  const failure = new Promise((_, fail) => {
    page.on('pageerror', fail);
    page.on('crash', () => fail(new Error('the page crashed')));
    browser.on('disconnected', () => fail(new Error('the browser ended')));
    signal?.addEventListener('abort', () => fail(signal.reason));
  });
  // Closing the browser after a good run ends the race a second time, where nobody listens any more.
  failure.catch(() => {});
  return failure;
}

/**
 * @param {import('playwright').Page} page
 * @param {string} url
 * @param {Required<Pick<RunPageOptions, 'input' | 'onMessage' | 'startTimeoutMs'>>} options
 */
async function evaluate(page, url, { input, onMessage, startTimeoutMs }) {
  await page.exposeFunction('sluiceEmit', onMessage);
  const response = await page.goto(url);
  if (!response?.ok()) throw new Error(`${url} answers ${response?.status()}: is the page built?`);
  try {
    await page.waitForFunction(() => typeof Reflect.get(globalThis, 'main') === 'function', undefined, { timeout: startTimeoutMs });
  } catch (error) {
    throw new Error(`${url} did not define globalThis.main within ${startTimeoutMs} ms`, { cause: error });
  }
  return page.evaluate((value) => Reflect.get(globalThis, 'main')(value, Reflect.get(globalThis, 'sluiceEmit')), input);
}
