import type { Gpu } from '../../engine/gpu/device.ts';
import { Graph } from '../../engine/ops/graph.ts';
import type { Vector, Weight } from '../../engine/ops/weight.ts';
import { Runner, type RunnerOptions } from '../../engine/schedule/runner.ts';
import type { ParsedModel } from '../architectures/architecture.ts';
import { replaceSpecs, type Spec } from '../weights/plan.ts';

/** Records the model's forward over its weights and compiles it. `specs` is the tree that `loaded` was made from. */
export function createRunner(gpu: Gpu, model: ParsedModel, specs: object, loaded: ReadonlyMap<Spec, Weight | Vector>, options: RunnerOptions): Promise<Runner> {
  const graph = new Graph();
  const weights = replaceSpecs(specs, (spec) => {
    const value = loaded.get(spec);
    if (!value) throw new Error(`${spec.label} was not loaded`);
    return value;
  });
  return Runner.create(gpu, graph, model.forward(graph, weights), options);
}
