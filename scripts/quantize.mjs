// `npm run -s quantize`: writes a checkpoint quantised, in the format of compressed-tensors.
import './require-node.mjs';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { oneOf, pageError, parse, runCommand, UsageError } from './command-line.mjs';
import { folderSource } from './folder-source.mjs';
import { NewFolder, refusal } from './new-folder.mjs';
import { runPage } from './run-page.mjs';
import { toolPages } from './tool-pages.mjs';

const USAGE = `usage: npm run -s quantize -- DIR --to int4|int8|fp8 --out DIR [--uniform] [--embedding] [--calibrate TEXT_FILE] [--force]

Writes the checkpoint in a folder with its linear layers quantised, as compressed-tensors (pack-quantized or float-quantized), which vLLM and
transformers read too. Everything else is copied. The new folder appears when it is complete; a run that fails or is stopped leaves nothing.

  --to         int4 (symmetric groups of 32; sensitive layers at 8 bits), int8 (groups of 32), or fp8 (E4M3, a scale a row)
  --out        the folder to write
  --uniform    with int4: all layers at 4 bits
  --embedding  with int4 and int8: the embedding at 8 bits too. compressed-tensors reads such since 2026; older readers do not
  --calibrate  scale activations so that quantised weights change what the model makes of this text least (AWQ). Runs the model on the text, in
               headless Chromium
  --force      replace --out where it is not empty, with all that is in it

Exit code 1 where the checkpoint cannot be quantised or written, 2 for bad arguments.`;

/** Weights in whatever format are not copied: those in safetensors are written anew, others would be another model's. */
const WEIGHTS = /\.(safetensors|bin|pt|pth|ckpt|gguf|h5|msgpack|onnx|onnx_data|tflite)(\.index\.json)?$/;

/** @param {string} text */
const status = (text) => void (process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`));

/**
 * Files below a folder that are copied as they are, by their paths in it.
 * @param {string} folder
 * @param {string} [inside]
 * @returns {string[]}
 */
function otherFiles(folder, inside = '') {
  return readdirSync(join(folder, inside), { withFileTypes: true }).flatMap((entry) => {
    const path = inside ? `${inside}/${entry.name}` : entry.name;
    if (entry.name.startsWith('.')) return [];
    const info = statSync(join(folder, path));
    if (info.isDirectory()) return otherFiles(folder, path);
    return info.isFile() && !WEIGHTS.test(entry.name) && path !== 'config.json' ? [path] : [];
  });
}

/**
 * @param {string[]} args
 * @param {AbortSignal} signal
 */
async function quantize(args, signal) {
  const { values, flags, positionals } = parse(args, ['to', 'out', 'calibrate'], ['uniform', 'embedding', 'force']);
  const [dir] = positionals;
  const to = oneOf('to', values.to, ['int4', 'int8', 'fp8']);
  const { out } = values;
  if (positionals.length !== 1) throw new UsageError('Which checkpoint folder? One.');
  if (to === undefined) throw new UsageError('--to is missing.');
  if (out === undefined) throw new UsageError('--out is missing.');
  if (flags.uniform && to !== 'int4') throw new UsageError('--uniform is for int4: the other formats have no layers at other widths.');
  if (flags.embedding && to === 'fp8') throw new UsageError('--embedding is for int4 and int8: there is no reader of embeddings in fp8.');
  if (!statSync(dir, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`${dir}: is no folder`);
  const refused = refusal(out, dir, flags.force ?? false);
  if (refused) throw new Error(refused);
  const text = values.calibrate === undefined ? undefined : readFileSync(values.calibrate, 'utf8');

  const root = await toolPages();
  /** @type {typeof import('../web/tools/quantize.ts')} */
  const tools = await import(pathToFileURL(join(root, 'quantize.js')).href);
  const folder = new NewFolder(out);
  try {
    const checkpoint = await tools.openCheckpoint(folderSource(dir), { signal });
    const options = { to, uniform: flags.uniform ?? false, embedding: flags.embedding ?? false };
    const plan = await tools.planCompression(checkpoint, options);
    for (const name of plan.unaligned) console.error(`${name} stays as it is: its rows are no whole groups of 32`);
    const folds = text === undefined ? undefined : await tools.findFolds(checkpoint, plan, await statisticsOf(root, dir, text, options, signal), { signal, onProgress: (done, total) => status(`scaling ${done} of ${total} matrices`) });

    await folder.create();
    let bytes = 0;
    const onProgress = (/** @type {number} */ loaded, /** @type {number} */ total) => status(`weights ${Math.floor((100 * loaded) / total)} %`);
    for await (const piece of tools.compressCheckpoint(checkpoint, plan, { folds, signal, onProgress })) {
      await folder.append(piece.file, piece.bytes);
      bytes += piece.bytes.length;
    }
    for (const path of otherFiles(dir)) {
      await mkdir(join(folder.path, dirname(path)), { recursive: true });
      await copyFile(join(dir, path), join(folder.path, path));
    }
    signal.throwIfAborted();
    await folder.finish();
    status('');
    const original = [...checkpoint.tensors.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
    const formats = [...plan.formats.values()];
    const counts = [...new Set(formats)].sort().map((format) => `${formats.filter((its) => its === format).length} matrices as ${format}`);
    console.log(`${out}: ${counts.join(', ')}; ${(bytes / 1e6).toFixed(1)} MB of ${(original / 1e6).toFixed(1)}`);
    return 0;
  } catch (error) {
    await folder.discard();
    if (signal.aborted || !(error instanceof Error) || !('code' in error)) throw error;
    throw pageError(tools.toWire(error));
  }
}

/**
 * @param {string} root
 * @param {string} dir
 * @param {string} text
 * @param {import('../models/compress/plan-compression.ts').CompressionOptions} options
 * @param {AbortSignal} signal
 */
async function statisticsOf(root, dir, text, options, signal) {
  /** @type {Awaited<ReturnType<typeof import('../web/tools/calibrate.ts').calibrate>>} */
  const outcome = await runPage({
    root,
    page: 'cli.html',
    mounts: { '/checkpoint/': dir },
    input: { command: 'calibrate', url: 'checkpoint/', text, options },
    onMessage: ({ calibrated, total }) => status(`calibrating ${calibrated} of ${total} tokens`),
    signal,
  });
  if ('error' in outcome) throw pageError(outcome.error);
  return outcome.statistics;
}

await runCommand(USAGE, quantize);
