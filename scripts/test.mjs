// `npm test`: installs what is missing, runs every check, and closes with a line of counts. Arguments go to vitest.
import './require-node.mjs';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installPackages } from './install-packages.mjs';
import { launchChromium } from './launch-chromium.mjs';
import { ROOT } from './paths.mjs';
import { addCounts, closingLine, countVitest } from './test-counts.mjs';

/** @typedef {import('./test-counts.mjs').Counts} Counts */

/**
 * A check that counts as one test.
 * @param {string} name
 * @param {() => unknown} check passes where it returns true
 * @returns {Promise<Counts>}
 */
async function single(name, check) {
  console.log(`\n── ${name}`);
  const passed = await Promise.resolve()
    .then(check)
    .catch((error) => console.error(error instanceof Error ? error.message : error));
  if (passed !== true) console.error(`${name} failed`);
  return { passed: passed === true ? 1 : 0, failed: passed === true ? 0 : 1, skipped: 0 };
}

/**
 * @param {string} script of a package
 * @param {string[]} args
 */
function run(script, args) {
  return spawnSync(process.execPath, [join(ROOT, 'node_modules', script), ...args], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] }).status;
}

/**
 * @param {string[]} args
 * @returns {Counts}
 */
function runVitest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  const file = join(folder, 'report.json');
  try {
    const status = run('vitest/vitest.mjs', ['run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`, ...args]);
    return countVitest(existsSync(file) ? readFileSync(file, 'utf8') : '', status);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function runAll() {
  installPackages();
  const { runHouseRules, runImportCheck, runOxlint } = await import('./lint.mjs');
  const results = [
    await single('lint', runOxlint),
    await single('import rule', runImportCheck),
    await single('house rules', runHouseRules),
    await single('types', () => run('typescript/bin/tsc', []) === 0),
  ];
  if (existsSync(join(ROOT, 'web/index.html'))) {
    const { buildPages } = await import('./build.mjs');
    const { checkBudget } = await import('./size.mjs');
    results.push(await single('build', () => buildPages('site').then(() => true)), await single('bundle size', checkBudget));
  }
  results.push(
    await single('Chromium', async () => {
      const { browser, executablePath } = await launchChromium();
      console.log(`${browser.version()}, ${executablePath}`);
      await browser.close();
      // vitest.config.ts launches the one that has just proved to start.
      process.env.CHROMIUM_PATH = executablePath;
      return true;
    }),
  );
  console.log('\n── unit and browser tests');
  results.push(runVitest(process.argv.slice(2)));
  return addCounts(results);
}

/** @returns {Promise<Counts>} */
async function runOrFail() {
  try {
    return await runAll();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return { passed: 0, failed: 1, skipped: 0 };
  }
}

const counts = await runOrFail();
process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
console.log(closingLine(counts));
