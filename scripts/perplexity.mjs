// `npm run -s perplexity`: how well checkpoints predict a text, from the engine in headless Chromium.
import './require-node.mjs';
import { readFileSync, statSync } from 'node:fs';
import { count, given, oneOf, pageError, parse, runCommand, shortName, UsageError } from './command-line.mjs';
import { runPage } from './run-page.mjs';
import { toolPages } from './tool-pages.mjs';

const USAGE = `usage: npm run -s perplexity -- DIR… --text FILE [--quantize none|int8|int4|fp8] [--precision f32|f16] [--context 512] [--stride N]

Reads the text in windows and prints, for each checkpoint folder, one JSON line:
{"model","tokens","context","stride","loss","perplexity","weightBytes","ms"}
where loss is the mean negative log-likelihood of a token in nats, and perplexity e to its power. Compare models with the same tokenizer only.

  --text       a UTF-8 text
  --quantize   quantise linear weights while loading (default none); embedding and output matrix as the loader does by default
  --precision  storage of unquantised weights and KV cache (default f16)
  --context    most tokens of a window (default 512, or the model's maximum if that is less)
  --stride     tokens between two windows, less than a window (default half of one): each token is predicted from at least context − stride before it, where the
               text has as many

Exit code 1 where a folder cannot be measured, 2 for bad arguments.`;

/**
 * @param {string[]} args
 * @param {AbortSignal} signal
 */
async function perplexity(args, signal) {
  const { values, positionals: dirs } = parse(args, ['text', 'quantize', 'precision', 'context', 'stride']);
  const load = given({ quantize: oneOf('quantize', values.quantize, ['none', 'int8', 'int4', 'fp8']), precision: oneOf('precision', values.precision, ['f32', 'f16']) });
  const windows = { context: count('context', values.context) ?? 512, ...given({ stride: count('stride', values.stride) }) };
  if (dirs.length === 0) throw new UsageError('Which checkpoint folder?');
  if (values.text === undefined) throw new UsageError('Which --text?');
  const text = readFileSync(values.text, 'utf8');
  let good = true;
  for (const dir of dirs) {
    if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) {
      console.error(`${dir}: is no folder`);
      good = false;
      continue;
    }
    /** @type {Awaited<ReturnType<typeof import('../web/tools/perplexity.ts').perplexity>>} */
    const outcome = await runPage({
      root: await toolPages(),
      page: 'cli.html',
      mounts: { '/checkpoint/': dir },
      input: { command: 'perplexity', url: 'checkpoint/', name: shortName(dir), text, load, ...windows },
      signal,
    });
    if ('result' in outcome) {
      console.log(JSON.stringify(outcome.result));
      continue;
    }
    const error = pageError(outcome.error);
    if (error instanceof UsageError) throw error;
    console.error(`${dir}: ${error.message}`);
    good = false;
  }
  return good ? 0 : 1;
}

await runCommand(USAGE, perplexity);
