// What a visitor downloads: sizes of the built scripts, and the budget of the core bundle.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { ROOT } from './paths.mjs';

/** Bytes of sluice.js, compressed: element, worker, engine, shaders, tokenizer and templates. */
const BUDGET = 100_000;

/** @param {number} bytes */
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;

/** @param {string} folder */
export function reportSizes(folder) {
  for (const name of readdirSync(folder).filter((file) => /\.(js|css|html)$/.test(file))) {
    const bytes = readFileSync(join(folder, name));
    console.log(`${name}: ${kilobytes(bytes.length)}, compressed ${kilobytes(gzipSync(bytes).length)}`);
  }
}

/** Whether the core bundle keeps its budget; says by how much it does or does not. */
export function checkBudget() {
  const size = gzipSync(readFileSync(join(ROOT, 'dist/sluice.js'))).length;
  const within = size <= BUDGET;
  console.log(`sluice.js: ${kilobytes(size)} compressed, ${within ? 'within' : 'over'} the budget of ${kilobytes(BUDGET)}`);
  return within;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = checkBudget() ? 0 : 1;
