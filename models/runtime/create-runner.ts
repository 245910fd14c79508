import type { Gpu } from '../../engine/gpu/device.ts';
import { Graph } from '../../engine/ops/graph.ts';
import type { Tensor } from '../../engine/ops/vocabulary.ts';
import type { Vector, Weight } from '../../engine/ops/weight.ts';
import { Runner, type RunnerOptions } from '../../engine/schedule/runner.ts';
import type { ParsedModel } from '../architectures/architecture.ts';
import { replaceSpecs, type Spec } from '../weights/plan.ts';

/** Records the model's forward over its weights. `specs` is the tree that `loaded` was made from. */
export function recordModel(model: ParsedModel, specs: object, loaded: ReadonlyMap<Spec, Weight | Vector>): { graph: Graph; logits: Tensor } {
  const graph = new Graph();
  const weights = replaceSpecs(specs, (spec) => {
    const value = loaded.get(spec);
    if (!value) throw new Error(`${spec.label} was not loaded`);
    return value;
  });
  return { graph, logits: model.forward(graph, weights) };
}

/** Records a model and compiles it. */
export function createRunner(gpu: Gpu, model: ParsedModel, specs: object, loaded: ReadonlyMap<Spec, Weight | Vector>, options: RunnerOptions): Promise<Runner> {
  const { graph, logits } = recordModel(model, specs, loaded);
  return Runner.create(gpu, graph, logits, options);
}
