// `npm run -s bench`: speed of a model's shape with random weights, in headless Chromium.
import './require-node.mjs';
import { count, pageError, parse, runCommand, UsageError } from './command-line.mjs';
import { runPage } from './run-page.mjs';
import { toolPages } from './tool-pages.mjs';

const USAGE = `usage: npm run -s bench -- --shape qwen3-0.6b|qwen3.5-0.8b|granite-4.0-h-350m|mamba2-130m|tiny|… [--format int4|int8|fp8|f16|f32|q4_k|…] [--kv f32|f16|int8|int4]
                           [--context 128] [--tokens 256] [--prefill 512,2048] [--chunk 512] [--prefix 2000] [--profile] [--json]

Runs the model's shape with random weights and prints decode and prefill speed, dispatches and submits per token, and what this GPU needs at
least for the same bytes and dispatches, measured in the same page.

  --format   of linear weights and embedding (default int4); any key of shaders/dequant/formats.ts
  --kv       of the KV cache (default f16)
  --context  tokens in the state when decoding begins (default 128)
  --tokens   tokens decoded (default 256)
  --prefill  lengths of the prompts that are timed (default 512,2048)
  --chunk    most prompt tokens read in one step (default 512)
  --prefix   length of a prompt's beginning, for the time to the first token with it cached and without, and where that goes
  --profile  GPU time of each kernel too, from steps of their own (needs timestamp-query)
  --json     the whole result as one line of JSON`;

/** @typedef {import('../web/tools/bench.ts').BenchResult} BenchResult */

/** @param {BenchResult} result */
function report({ shape, format, kv, adapter, context, decodeTokensPerSecond, dispatchesPerToken, submitsPerToken, prefill, floor, memoryMB, prefix }) {
  return [
    `${shape}, ${format}, KV cache ${kv}, on ${adapter || 'an unnamed adapter'}`,
    `decode   ${decodeTokensPerSecond} tokens/s from context ${context}, ${dispatchesPerToken} dispatches and ${submitsPerToken} submits a token`,
    ...prefill.map(({ tokens, tokensPerSecond }) => `prefill  ${tokensPerSecond} tokens/s for ${tokens} tokens`),
    `floor    ${floor.tokensPerSecond} tokens/s: ${(floor.weightBytes / 1e6).toFixed(1)} MB of weights at ${floor.readGBps} GB/s ${floor.readMs} ms, dispatches at ${floor.dispatchUs} µs ${floor.dispatchMs} ms`,
    `memory   ${memoryMB} MB`,
    ...(prefix ? [
      `prefix   first token after ${prefix.tokens} + ${prefix.questionTokens} tokens: ${prefix.readMs} ms where all are read, ${prefix.cachedMs} ms where the first ${prefix.tokens} are cached (${prefix.stateMB} MB): ${(prefix.readMs / prefix.cachedMs).toFixed(1)} times as fast`,
      `         the first time ${prefix.readFirstMs} and ${prefix.cachedFirstMs} ms; in a session that holds the prefix ${prefix.heldMs} ms, after 1 token instead of ${prefix.questionTokens} there ${prefix.oneMs} ms`,
      `         a new session's buffers ${prefix.buffersMs} ms, with the state copied into them ${prefix.restoreNewMs} ms`,
      `snapshot ${prefix.snapshotMs} ms to take, ${prefix.restoreMs} ms to restore in the same session`,
    ] : []),
  ];
}

/** @param {BenchResult['profile']} profiles */
function reportProfile(profiles) {
  if (!profiles) return ['profile  this adapter has no timestamp-query'];
  return profiles.flatMap(({ tokens, position, kernels }) => {
    const sum = kernels.reduce((total, { microseconds }) => total + microseconds, 0);
    return [
      '',
      `${tokens} ${tokens === 1 ? 'token' : 'tokens'} at position ${position}: ${sum.toFixed(1)} µs`,
      `${'µs'.padStart(10)} ${'%'.padStart(5)} ${'calls'.padStart(6)}  kernel`,
      ...kernels.map(({ kernel, calls, microseconds }) => `${microseconds.toFixed(1).padStart(10)} ${(sum === 0 ? 0 : (100 * microseconds) / sum).toFixed(1).padStart(5)} ${String(calls).padStart(6)}  ${kernel}`),
    ];
  });
}

/**
 * @param {string[]} args
 * @param {AbortSignal} signal
 */
async function bench(args, signal) {
  const { values, flags, positionals } = parse(args, ['shape', 'format', 'kv', 'context', 'tokens', 'prefill', 'chunk', 'prefix'], ['profile', 'json']);
  if (positionals.length > 0) throw new UsageError(`What is ${positionals[0]}? Options begin with --.`);
  if (values.shape === undefined) throw new UsageError('Which --shape?');
  const input = {
    shape: values.shape,
    format: values.format ?? 'int4',
    kv: values.kv ?? 'f16',
    context: count('context', values.context) ?? 128,
    tokens: count('tokens', values.tokens) ?? 256,
    prefills: (values.prefill ?? '512,2048').split(',').map((length) => count('prefill', length) ?? 0),
    chunk: count('chunk', values.chunk) ?? 512,
    prefix: count('prefix', values.prefix),
    profile: flags.profile ?? false,
  };
  /** @type {{ result: BenchResult } | { error: import('./command-line.mjs').WireError }} */
  const outcome = await runPage({ root: await toolPages(), page: 'bench.html', input, signal });
  if ('error' in outcome) throw pageError(outcome.error);
  const { result } = outcome;
  if (flags.json) console.log(JSON.stringify(result));
  else for (const line of [...report(result), ...(flags.profile ? reportProfile(result.profile) : [])]) console.log(line);
  return 0;
}

await runCommand(USAGE, bench);
