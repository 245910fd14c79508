import { abortable } from '../../engine/gpu/abortable.ts';
import { Gpu, type DeviceOptions } from '../../engine/gpu/device.ts';
import { SluiceError } from '../../engine/errors/sluice-error.ts';
import type { RunnerOptions } from '../../engine/schedule/runner.ts';
import type { ParsedModel } from '../architectures/architecture.ts';
import { parseModel } from '../architectures/parse-model.ts';
import type { Checkpoint, JsonObject } from '../checkpoint/checkpoint.ts';
import { openCheckpoint } from '../checkpoint/open-checkpoint.ts';
import { ConfigReader } from '../config/config-reader.ts';
import type { Model } from '../model.ts';
import { createRunner } from '../runtime/create-runner.ts';
import { importKvLayout } from '../runtime/import-kv-layout.ts';
import { LoadedModel } from '../runtime/loaded-model.ts';
import type { LoadedParts } from '../runtime/loaded-parts.ts';
import { importPackers } from '../quant/import-packer.ts';
import type { PackableFormat } from '../quant/packer.ts';
import { loadText } from '../text/load-text.ts';
import { loadWeights } from '../weights/load-weights.ts';
import { planWeights } from '../weights/plan.ts';
import type { MatrixRole } from '../weights/spec.ts';
import { storedModules } from '../weights/stored-modules.ts';
import { Fingerprint } from './fingerprint.ts';
import type { LoadOptions, LoadProgress, ModelSource } from './load-options.ts';
import { resolveLoadOptions, type ResolvedLoadOptions } from './resolve-load-options.ts';

/** For tools that do something else than generate. */
export type CompileOptions = Pick<RunnerOptions, 'compile'>;

/**
 * Loads a checkpoint onto the GPU: config, tokenizer, weights (quantised on the way if asked for), kernels.
 * Every failure is a typed error and leaves nothing on the GPU; aborting throws the signal's `AbortError`.
 */
export async function loadModel(source: ModelSource, options: LoadOptions & DeviceOptions & CompileOptions = {}): Promise<Model> {
  return new LoadedModel(await loadParts(source, options));
}

/** What `loadModel` makes a model of, for tools that run steps of their own. The runner's `destroy` frees it. */
export async function loadParts(source: ModelSource, options: LoadOptions & DeviceOptions & CompileOptions = {}): Promise<LoadedParts> {
  const resolved = resolveLoadOptions(options);
  const { signal } = options;
  const report = reporter(options.onProgress);
  signal?.throwIfAborted();

  report({ phase: 'config' });
  const checkpoint = await openCheckpoint(source, { signal, accept: async (json, file) => void (await abortable(readConfig(json, file), signal)) });
  const { modelType, parsed } = await readConfig(checkpoint.config, checkpoint.configFile);

  const gpu = await Gpu.request(options);
  try {
    report({ phase: 'tokenizer' });
    const text = await loadText(checkpoint, signal);
    const context = Math.min(resolved.contextLength ?? (parsed.maxPositions === Infinity ? Infinity : 4096), parsed.maxPositions);
    const specs = parsed.weights(context, storedModules(checkpoint, parsed.canonicalName));
    const packers = await abortable(importPackers((role) => formatOf(role, resolved)), signal);
    const kv = await abortable(importKvLayout(resolved.kvCache), signal);
    const plan = planWeights(specs, checkpoint, { canonicalName: parsed.canonicalName, packers, packing: checkpoint.packing });

    report({ phase: 'weights' });
    const fingerprint = new Fingerprint();
    const loaded = await loadWeights(gpu, checkpoint, plan, {
      signal,
      onTensor: (tensor, bytes) => fingerprint.add(tensor, bytes),
      onBytes: (loadedBytes, totalBytes) => report({ phase: 'weights', loadedBytes, totalBytes }),
    });

    report({ phase: 'compile' });
    // What an abort leaves behind finds the buffer pool closed.
    const runner = await abortable(createRunner(gpu, parsed, specs, loaded, { context, chunk: Math.min(resolved.prefillChunk, context), kv, compile: options.compile }), signal);
    const identity = await fingerprint.digest(checkpoint.config);
    signal?.throwIfAborted();
    gpu.check();
    report({ phase: 'ready' });
    const precision = [resolved.quantize, resolved.quantizeEmbeddings, resolved.precision, resolved.kvCache].join(' ');
    return { runner, text, name: checkpoint.name, modelType, parameters: plan.parameters, generationConfig: checkpoint.generationConfig, stopTokens: stopTokensOf(checkpoint), identity, precision, prefixCacheBytes: resolved.prefixCacheBytes };
  } catch (error) {
    gpu.destroy();
    // A lost device makes the browser reject with errors of its own.
    throw error instanceof SluiceError || signal?.aborted ? error : await gpu.explain(error);
  }
}

/** Rejects with `UnsupportedModelError`, `ConfigError` or `ModuleLoadError`; runs before anything beyond the config is downloaded. */
async function readConfig(json: JsonObject, file: string): Promise<{ modelType: string; parsed: ParsedModel }> {
  const config = new ConfigReader(json, file);
  return { modelType: config.string('model_type'), parsed: await parseModel(config) };
}

/** Fills in the byte counts of the last weight report, so that progress never jumps back. */
function reporter(onProgress: LoadOptions['onProgress']): (progress: Partial<LoadProgress> & Pick<LoadProgress, 'phase'>) => void {
  let last: LoadProgress = { phase: 'config', loadedBytes: 0, totalBytes: 0 };
  return (progress) => {
    last = { ...last, ...progress };
    onProgress?.(last);
  };
}

function formatOf(role: MatrixRole, { quantize, quantizeEmbeddings, precision }: ResolvedLoadOptions): PackableFormat {
  const choice = { linear: quantize, embedding: quantizeEmbeddings, dense: 'none' as const }[role];
  return choice === 'none' ? precision : choice;
}

/** `eos_token_id` of generation_config.json and config.json, its `text_config` included: a number or a list. */
function stopTokensOf({ config, generationConfig }: Checkpoint): Set<number> {
  const ids = [config, config.text_config, generationConfig].flatMap((json) => (json && typeof json === 'object' && 'eos_token_id' in json ? json.eos_token_id : []));
  return new Set(ids.filter((id): id is number => typeof id === 'number'));
}
