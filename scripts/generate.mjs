// `npm run -s generate`: streams a model's text to the terminal, from headless Chromium.
import './require-node.mjs';
import { join } from 'node:path';
import { checkpointAt, count, given, KV_FORMATS, number, oneOf, pageError, parse, runCommand, UsageError } from './command-line.mjs';
import { ROOT } from './paths.mjs';
import { runPage } from './run-page.mjs';
import { toolPages } from './tool-pages.mjs';

const USAGE = `usage: npm run -s generate -- [DIR|FILE|HUB_ID|URL] --prompt TEXT [--chat] [--max-tokens N] [--temperature X] [--seed S]
                              [--top-k K] [--top-p P] [--min-p P] [--quantize none|int8|int4|fp8] [--kv f32|f16|int8|int4]

Prints the prompt and its continuation as it comes; with --chat the prompt goes through the model's chat template as a user's message and only
the answer is printed. Without a model it is the one that comes with the page. FILE is one of llama.cpp (.gguf) or rwkv.cpp (.bin). With --tokens 1,2,3 in place of --prompt, token ids are read and
printed, which needs no tokenizer. Progress and statistics go to stderr. Ctrl-C stops. What is not given follows the checkpoint's generation_config.json.`;

const DEFAULT_MODEL = join(ROOT, 'web/models/tales-24m');

/**
 * What the page loads and which folder it is served from.
 * @param {string} where
 */
function sourceOf(where) {
  const local = checkpointAt(where);
  if (local) return { source: { url: `checkpoint/${local.file}` }, mounts: { '/checkpoint/': local.folder } };
  if (/^https?:\/\//.test(where)) return { source: { url: where }, mounts: {} };
  if (/^[\w.-]+\/[\w.-]+(\/[\w./-]+\.(gguf|bin))?(@[\w./-]+)?$/i.test(where) && !where.startsWith('.')) return { source: where, mounts: {} };
  throw new UsageError(`${where} is neither a folder or file, nor a model of the Hub (org/name), nor an address.`);
}

/** @param {string} text */
function tokenIds(text) {
  if (!/^\d+(,\d+)*$/.test(text)) throw new UsageError('--tokens takes token ids with commas between them.');
  return text.split(',').map(Number);
}

/** @param {string} text */
const status = (text) => void (process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`));

/**
 * @param {string[]} args
 * @param {AbortSignal} signal
 */
async function generate(args, signal) {
  const { values, flags, positionals } = parse(args, ['prompt', 'tokens', 'max-tokens', 'temperature', 'seed', 'top-k', 'top-p', 'min-p', 'quantize', 'kv'], ['chat']);
  const [where = DEFAULT_MODEL] = positionals;
  if (positionals.length > 1) throw new UsageError('Which model? One folder, Hub id or address.');
  if ((values.prompt === undefined) === (values.tokens === undefined)) throw new UsageError('Either --prompt or --tokens is needed.');
  const prompt = values.prompt ?? { tokens: tokenIds(values.tokens ?? '') };
  const options = given({
    maxTokens: count('max-tokens', values['max-tokens']),
    temperature: number('temperature', values.temperature),
    seed: number('seed', values.seed),
    topK: number('top-k', values['top-k']),
    topP: number('top-p', values['top-p']),
    minP: number('min-p', values['min-p']),
  });
  const load = given({ quantize: oneOf('quantize', values.quantize, ['none', 'int8', 'int4', 'fp8']), kvCache: oneOf('kv', values.kv, KV_FORMATS) });
  const { source, mounts } = sourceOf(where);
  const chat = flags.chat ?? false;
  if (chat && typeof prompt !== 'string') throw new UsageError('--chat is for a --prompt.');

  let begun = false;
  /** @param {import('../web/tools/generate-text.ts').GenerateMessage} message */
  const onMessage = (message) => {
    // A piece can be on its way when Ctrl-C has already ended the line.
    if (signal.aborted) return;
    if ('progress' in message) return status(message.progress.phase === 'weights' ? `weights ${message.progress.percent} %` : message.progress.phase);
    if (!begun) {
      status('');
      if (!chat && typeof prompt === 'string') process.stdout.write(prompt);
      begun = true;
    }
    process.stdout.write(message.text);
  };
  signal.addEventListener('abort', () => begun && process.stdout.write('\n'));
  /** @type {import('../web/tools/generate-text.ts').GenerateResult} */
  const result = await runPage({ root: await toolPages(), page: 'cli.html', mounts, input: { command: 'generate', source, prompt, chat, load, options }, onMessage, signal });
  if (begun) process.stdout.write('\n');
  if ('error' in result) throw pageError(result.error);
  const { finishReason, usage, memory } = result;
  console.error(
    `${usage.completionTokens} tokens, ${usage.tokensPerSecond.toFixed(1)} tokens/s, the first after ${Math.round(usage.timeToFirstTokenMs)} ms; ` +
      `prompt ${usage.promptTokens} tokens; ended by ${finishReason}; ${(memory / 1e6).toFixed(1)} MB on the GPU`,
  );
  return 0;
}

await runCommand(USAGE, generate);
