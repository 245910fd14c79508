// `npm run -s memory`: state memory and time a token over a long text, in headless Chromium.
import './require-node.mjs';
import { count, pageError, parse, runCommand, UsageError } from './command-line.mjs';
import { runPage } from './run-page.mjs';
import { toolPages } from './tool-pages.mjs';

const USAGE = `usage: npm run -s memory -- --shape mamba2-130m|mamba2-130m-hybrid|mamba2-tiny|mamba2-tiny-hybrid|… [--tokens 20000] [--samples 10]

Generates a text with a shape of \`bench\` and random weights, and prints what its state takes of the GPU's memory, allocated and in use, and the milliseconds
a token; then what page and engine take of the computer's memory after the first sample and after the last. The memory page draws the same.`;

/** @typedef {import('../web/memory/measurement.ts').Sample} Sample */

/** @param {number} bytes */
const exact = (bytes) => bytes.toLocaleString('en').padStart(14);

/**
 * @param {string[]} args
 * @param {AbortSignal} signal
 */
async function memory(args, signal) {
  const { values, positionals } = parse(args, ['shape', 'tokens', 'samples']);
  if (positionals.length > 0) throw new UsageError(`What is ${positionals[0]}? Options begin with --.`);
  if (values.shape === undefined) throw new UsageError('Which --shape?');
  const root = await toolPages();
  console.log(`${'tokens'.padStart(8)}${'allocated'.padStart(14)}${'in use'.padStart(14)}${'ms a token'.padStart(12)}`);
  /** @type {import('../web/tools/memory.ts').MemoryResult | { error: import('./command-line.mjs').WireError }} */
  const outcome = await runPage({
    root,
    page: 'cli.html',
    input: { command: 'memory', shape: values.shape, tokens: count('tokens', values.tokens) ?? 20_000, samples: count('samples', values.samples) ?? 10 },
    onMessage: (/** @type {Sample} */ { tokens, allocated, used, milliseconds }) => console.log(`${String(tokens).padStart(8)}${exact(allocated)}${exact(used)}${milliseconds.toFixed(3).padStart(12)}`),
    signal,
  });
  if ('error' in outcome) throw pageError(outcome.error);
  const { hostBefore, hostAfter } = outcome;
  console.log(hostBefore === undefined || hostAfter === undefined ? 'This browser does not tell the memory of the computer.' : `host memory: ${exact(hostBefore)} bytes, then ${exact(hostAfter)}`);
  return 0;
}

await runCommand(USAGE, memory);
