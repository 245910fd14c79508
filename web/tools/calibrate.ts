import { InvalidOptionError, PromptError } from '../../index.ts';
import { Gpu } from '../../engine/gpu/device.ts';
import type { Tensor } from '../../engine/ops/vocabulary.ts';
import { Runner } from '../../engine/schedule/runner.ts';
import { captureTensors } from '../../engine/schedule/score-tokens.ts';
import { openCheckpoint } from '../../models/checkpoint/open-checkpoint.ts';
import { planCompression, type CompressionOptions } from '../../models/compress/plan-compression.ts';
import type { InputStatistics } from '../../models/compress/find-scalings.ts';
import { recordModel } from '../../models/runtime/create-runner.ts';
import { loadText } from '../../models/text/load-text.ts';
import { importPackers } from '../../models/quant/import-packer.ts';
import { importKvLayout } from '../../models/runtime/import-kv-layout.ts';
import { loadWeights } from '../../models/weights/load-weights.ts';
import { collectSpecs, planWeights } from '../../models/weights/plan.ts';
import { storedModules } from '../../models/weights/stored-modules.ts';
import { toWire, type WireError } from '../worker/wire-error.ts';

export interface CalibrateInput {
  /** Of the checkpoint's folder; may be relative to the page. */
  readonly url: string;
  readonly text: string;
  /** Checked here, before the weights are read; they do not change the statistics. */
  readonly options: CompressionOptions;
}

/** Tokens that are read at a time: what is kept of all layers has to fit on the GPU. */
const CHUNK = 128;
const CONTEXT = 512;
/** Tokens of the text that are read at most. */
const MOST_TOKENS = 16_384;

/** What a text's tokens are like where they enter the linear layers. */
export async function calibrate({ url, text, options }: CalibrateInput, emit: (message: { readonly calibrated: number; readonly total: number }) => Promise<void>): Promise<{ readonly statistics: InputStatistics[]; readonly tokens: number } | { readonly error: WireError }> {
  let gpu: Gpu | undefined;
  try {
    const checkpoint = await openCheckpoint({ url: new URL(url, location.href).href });
    const { model } = await planCompression(checkpoint, options);
    const { tokenizer } = await loadText(checkpoint, undefined);
    if (!tokenizer) throw new PromptError('This checkpoint has no tokenizer.json, so it cannot read a calibration text.');
    const tokens = tokenizer.encode(text, { addSpecialTokens: true }).slice(0, MOST_TOKENS);
    if (tokens.length === 0) throw new InvalidOptionError('calibrate', text, 'a text that is not empty');
    gpu = await Gpu.request();
    const context = Math.min(CONTEXT, model.maxPositions);
    const specs = model.weights(context, storedModules(checkpoint, model.canonicalName));
    const loaded = await loadWeights(gpu, checkpoint, planWeights(specs, checkpoint, { canonicalName: model.canonicalName, packers: await importPackers(() => 'f16') }), { onBytes: () => {} });
    const { graph, logits } = recordModel(model, specs, loaded);
    const tensorsOf = new Map(collectSpecs(specs).map(({ label, parts }) => [label, parts.map(({ name }) => name)] as const));
    const inputs = new Map<Tensor, string[]>();
    // Not the output matrix, which is not quantised.
    for (const node of graph.nodes) {
      if (node.op === 'linear' && node.x.rows === 'step') inputs.set(node.x, [...(inputs.get(node.x) ?? []), ...(tensorsOf.get(node.weight.label) ?? [])]);
    }
    const runner = await Runner.create(gpu, graph, logits, { context, chunk: Math.min(CHUNK, context), kv: await importKvLayout('f16'), compile: [] });
    const statistics = await gather(runner, inputs, tokens, (calibrated) => emit({ calibrated, total: tokens.length }));
    return { statistics, tokens: tokens.length };
  } catch (error) {
    return { error: toWire(error) };
  } finally {
    gpu?.destroy();
  }
}

/** Runs the tokens, in sequences of one context each, and adds up what enters. */
async function gather(runner: Runner, inputs: ReadonlyMap<Tensor, readonly string[]>, tokens: readonly number[], onTokens: (count: number) => Promise<void>): Promise<InputStatistics[]> {
  const tensors = [...inputs.keys()];
  const sums = tensors.map(({ width }) => ({ magnitude: new Float64Array(width), power: new Float64Array(width) }));
  const { context, chunk } = runner.options;
  const program = await runner.captureProgram(tensors);
  for (let start = 0; start < tokens.length; start += context) {
    const sequence = await runner.createSequence();
    const end = Math.min(start + context, tokens.length);
    for (let from = start; from < end; from += chunk) {
      const captured = await captureTensors(runner, program, sequence, Uint32Array.from(tokens.slice(from, Math.min(from + chunk, end))), tensors);
      captured.forEach((rows, i) => {
        const { magnitude, power } = sums[i];
        rows.forEach((value, j) => {
          magnitude[j % magnitude.length] += Math.abs(value);
          power[j % power.length] += value * value;
        });
      });
      await onTokens(Math.min(from + chunk, end));
    }
    sequence.state.destroy();
  }
  const mean = (sum: Float64Array): Float32Array => Float32Array.from(sum, (value) => value / tokens.length);
  return tensors.map((tensor, i) => ({ tensors: inputs.get(tensor) ?? [], magnitude: mean(sums[i].magnitude), power: mean(sums[i].power) }));
}
