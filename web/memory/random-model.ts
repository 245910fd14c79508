import { InvalidOptionError } from '../../engine/errors/invalid-option-error.ts';
import { Gpu } from '../../engine/gpu/device.ts';
import { parseModel } from '../../models/architectures/parse-model.ts';
import { ConfigReader } from '../../models/config/config-reader.ts';
import type { LoadOptions, ModelSource } from '../../models/load/load-options.ts';
import type { Model } from '../../models/model.ts';
import { createRunner } from '../../models/runtime/create-runner.ts';
import { LoadedModel } from '../../models/runtime/loaded-model.ts';
import { collectSpecs } from '../../models/weights/plan.ts';
import { randomWeights } from '../../models/weights/random-weights.ts';
import { KV_LAYOUTS } from '../../shaders/kv/kv-layouts.ts';
import { shapes } from '../tools/shapes.ts';

/** Prompts are one token here. */
const CHUNK = 8;

/**
 * A model of one of `shapes`, named as the source, with random weights in int4: it says nothing of sense, at the speed and with the memory of
 * one that does. Throws `InvalidOptionError` for an unknown shape, and what the GPU reports.
 */
export async function loadRandomModel(source: ModelSource, { contextLength, onProgress, signal }: LoadOptions): Promise<Model> {
  if (typeof source !== 'string' || !Object.hasOwn(shapes, source)) throw new InvalidOptionError('source', source, `one of ${Object.keys(shapes).join(', ')}`);
  const reader = new ConfigReader(shapes[source], source);
  const modelType = reader.string('model_type');
  const parsed = await parseModel(reader);
  const gpu = await Gpu.request();
  try {
    const context = Math.min(contextLength ?? (parsed.maxPositions === Infinity ? Infinity : 4096), parsed.maxPositions);
    const specs = parsed.weights(context);
    onProgress?.({ phase: 'weights', loadedBytes: 0, totalBytes: 0 });
    const weights = await randomWeights(gpu, specs, (role) => (role === 'dense' ? 'f16' : 'int4'));
    signal?.throwIfAborted();
    onProgress?.({ phase: 'compile', loadedBytes: 0, totalBytes: 0 });
    const runner = await createRunner(gpu, parsed, specs, weights, { context, chunk: CHUNK, kv: KV_LAYOUTS.f16 });
    signal?.throwIfAborted();
    const parameters = collectSpecs(specs).reduce((sum, spec) => sum + (spec.kind === 'matrix' ? spec.outputs * spec.inputs : spec.length), 0);
    return new LoadedModel({ runner, text: { tokenizer: undefined, template: undefined }, name: source, modelType, parameters, generationConfig: undefined, stopTokens: new Set(), identity: source, precision: 'random int4', prefixCacheBytes: 0 });
  } catch (error) {
    gpu.destroy();
    throw signal?.aborted ? error : await gpu.explain(error);
  }
}
