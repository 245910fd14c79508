// `node scripts/first-paint.mjs`: how long after a visitor opens the demo page its model's first words are there.
import './require-node.mjs';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { buildPages } from './build.mjs';
import { count, parse, runCommand, UsageError } from './command-line.mjs';
import { launchChromium } from './launch-chromium.mjs';
import { ROOT } from './paths.mjs';
import { serve } from './serve.mjs';

const USAGE = `usage: node scripts/first-paint.mjs [--visits N] [--json]

Opens the page in dist/ N times (3) in one headless Chromium, whose caches are cold the first time and warm after it, and prints for each visit the
seconds from its start to the first paint, to the first words of the model, and to twenty tokens. SLUICE_PREBUILT=1 takes dist/ as it is.`;

/** How long a visit may take without a GPU. */
const TIMEOUT_MS = 300_000;
const TOKENS = 20;

/**
 * Seconds from the start of a visit. The words count as there in the frame after they were put into the page.
 * @param {import('playwright').Page} page
 * @param {string} url
 */
async function visit(page, url) {
  await page.addInitScript((enough) => {
    /** @type {{ words?: number, twenty?: number, text?: string }} */
    const seen = {};
    let tokens = 0;
    Object.assign(globalThis, { seen });
    addEventListener('sluice-token', (event) => {
      if (!(event instanceof CustomEvent)) return;
      const before = tokens;
      tokens += event.detail.tokenIds.length;
      if (before === 0) requestAnimationFrame(() => setTimeout(() => (seen.words = performance.now())));
      if (before < enough && tokens >= enough) requestAnimationFrame(() => setTimeout(() => (seen.twenty = performance.now())));
    });
    addEventListener('sluice-error', (event) => Object.assign(seen, { error: event instanceof CustomEvent ? String(event.detail.error) : 'unknown' }));
  }, TOKENS);
  await page.goto(url);
  await page.waitForFunction(() => Reflect.get(globalThis, 'seen').twenty ?? Reflect.get(globalThis, 'seen').error, undefined, { timeout: TIMEOUT_MS });
  const { error, words, twenty, paint } = await page.evaluate(() => ({ ...Reflect.get(globalThis, 'seen'), paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime }));
  if (error) throw new Error(`The page failed: ${error}`);
  return { firstPaint: paint / 1000, firstWords: words / 1000, twentyTokens: twenty / 1000 };
}

/** @param {string[]} args */
async function firstPaint(args) {
  const { values, flags, positionals } = parse(args, ['visits'], ['json']);
  if (positionals.length > 0) throw new UsageError('The page is that of dist/; there is nothing to name.');
  const visits = count('visits', values.visits) ?? 3;
  const folder = join(ROOT, 'dist');
  if (process.env.SLUICE_PREBUILT !== '1') await buildPages('site');
  else if (!existsSync(folder)) throw new Error(`SLUICE_PREBUILT is set, but there is no ${folder}: make it elsewhere with \`npm run build\`.`);
  const site = await serve({ mounts: { '/': folder } });
  const { browser } = await launchChromium();
  try {
    const context = await browser.newContext();
    for (let i = 0; i < visits; i++) {
      const page = await context.newPage();
      const seconds = await visit(page, site.url);
      await page.close();
      const caches = i === 0 ? 'cold' : 'warm';
      if (flags.json) console.log(JSON.stringify({ visit: i + 1, caches, ...seconds }));
      else console.log(`${caches}: first paint ${seconds.firstPaint.toFixed(2)} s, first words ${seconds.firstWords.toFixed(2)} s, ${TOKENS} tokens ${seconds.twentyTokens.toFixed(2)} s`);
    }
  } finally {
    await browser.close();
    await site.close();
  }
  return 0;
}

await runCommand(USAGE, firstPaint);
