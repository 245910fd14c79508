// `npm run -s eval`: compares checkpoints with their reference logits, in headless Chromium.
import './require-node.mjs';
import { writeFileSync } from 'node:fs';
import { checkpointAt, count, KV_FORMATS, oneOf, parse, runCommand, shortName, UsageError } from './command-line.mjs';
import { runPage } from './run-page.mjs';
import { safetensors } from './safetensors.mjs';
import { toolPages } from './tool-pages.mjs';

const USAGE = `usage: npm run -s eval -- DIR|FILE… [--quantize none|int8|int4|fp8] [--precision f32|f16] [--kv f32|f16|int8|int4]
                           [--chunk N] [--out FILE]

Loads each checkpoint (a folder, or a file of llama.cpp or rwkv.cpp in one), computes the logits over input_ids and greedy_ids of the folder's expected.safetensors, then decodes greedily from
input_ids with state, and prints one JSON line:
{"model","relRms","maxAbs","greedyMatched","greedyTotal","firstMismatchMargin","ms"}

  --quantize   quantise linear weights while loading (default none); embedding and output matrix as the loader does by default
  --precision  storage of unquantised weights (default f32)
  --kv         storage of the KV cache (default as --precision)
  --chunk      most prompt tokens read in one step (default 512)
  --out        write logits f32 [T+G, V] and greedy_ids i32 [G] to this safetensors file; for one DIR only

Exit code 1 where a folder cannot be evaluated, where the relative RMS error exceeds 1e-4 (5e-3 where anything is f16), or where a greedy token
differs whose margin is at least 10 × maxAbs. A quantised model or KV cache makes another function than the reference: its error has no limit,
but must be a number. Exit code 2 for bad arguments.`;

/** Relative RMS error of the logits that storage of unquantised weights or of the KV cache may bring. */
const TOLERANCE = { f32: 1e-4, f16: 5e-3, int8: Infinity, int4: Infinity };

/**
 * What is wrong with a result, or undefined.
 * @param {import('../web/tools/evaluate.ts').Evaluation} evaluation
 * @param {number} tolerance
 */
function fault({ relRms, maxAbs, firstMismatchMargin, greedyMatched }, tolerance) {
  if (Number.isNaN(relRms) || Number.isNaN(maxAbs)) return 'the logits are not numbers';
  if (relRms > tolerance) return `relRms is ${relRms}, more than ${tolerance}`;
  if (firstMismatchMargin !== null && firstMismatchMargin >= 10 * maxAbs) return `greedy token ${greedyMatched} differs, though its margin is ${firstMismatchMargin} and the error ${maxAbs}`;
  return undefined;
}

/**
 * @param {string[]} args
 * @param {AbortSignal} signal
 */
async function evaluate(args, signal) {
  const { values, positionals: dirs } = parse(args, ['quantize', 'precision', 'kv', 'chunk', 'out']);
  const quantize = oneOf('quantize', values.quantize, ['none', 'int8', 'int4', 'fp8']) ?? 'none';
  const precision = oneOf('precision', values.precision, ['f32', 'f16']) ?? 'f32';
  const kvCache = oneOf('kv', values.kv, KV_FORMATS) ?? precision;
  const tolerance = quantize === 'none' ? Math.max(TOLERANCE[precision], TOLERANCE[kvCache]) : Infinity;
  const load = { quantize, precision, kvCache, prefillChunk: count('chunk', values.chunk) ?? 512 };
  if (dirs.length === 0) throw new UsageError('Which checkpoint folder?');
  if (values.out !== undefined && dirs.length > 1) throw new UsageError('--out is for one folder only.');

  const found = dirs.map((dir) => ({ dir, at: checkpointAt(dir) }));
  for (const { dir, at } of found) if (!at) console.error(`${dir}: is no folder, and no file of llama.cpp or rwkv.cpp`);
  const folders = found.flatMap(({ dir, at }) => (at ? [{ dir, ...at }] : []));
  let good = folders.length === dirs.length;
  if (folders.length === 0) return 1;

  let reported = 0;
  /** @param {import('../web/tools/evaluate-folders.ts').FolderReport} report */
  const onMessage = (report) => {
    const { dir } = folders[reported++];
    if ('error' in report) {
      console.error(`${dir}: ${report.error.message} [${report.error.code}]`);
      good = false;
      return;
    }
    console.log(JSON.stringify(report.evaluation));
    const problem = fault(report.evaluation, tolerance);
    if (!problem) return;
    console.error(`${dir}: ${problem}`);
    good = false;
  };
  /** @type {import('../web/tools/evaluate-folders.ts').EvaluatedTensors | undefined} */
  const tensors = await runPage({
    root: await toolPages(),
    page: 'cli.html',
    mounts: Object.fromEntries(folders.map(({ folder }, i) => [`/checkpoint/${i}/`, folder])),
    input: { command: 'eval', folders: folders.map(({ dir, file }, i) => ({ url: `checkpoint/${i}/${file}`, name: shortName(dir) })), load, tensors: values.out !== undefined },
    onMessage,
    signal,
  });
  if (values.out !== undefined && tensors) {
    const { logits, shape, greedyIds } = tensors;
    writeFileSync(values.out, safetensors({ logits: { dtype: 'F32', shape, values: logits }, greedy_ids: { dtype: 'I32', shape: [greedyIds.length], values: Int32Array.from(greedyIds) } }));
  }
  return good ? 0 : 1;
}

await runCommand(USAGE, evaluate);
