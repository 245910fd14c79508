import { Graph } from '../../engine/ops/graph.ts';
import type { ParsedModel } from '../../models/architectures/architecture.ts';
import { parseModel } from '../../models/architectures/parse-model.ts';
import { ConfigReader } from '../../models/config/config-reader.ts';
import { replaceSpecs } from '../../models/weights/plan.ts';

/** What a config makes of its `model_type`. Rejects with the `ConfigError` of a config that is refused. */
export async function parsedModel(config: object): Promise<ParsedModel> {
  const reader = new ConfigReader(config, 'config.json');
  return parseModel(reader);
}

/** The forward pass as it would be compiled, with what its weights are made of, as plain data: equal where two configs mean the same model. */
export async function recordedModel(config: object): Promise<unknown> {
  const model = await parsedModel(config);
  const graph = new Graph();
  model.forward(graph, replaceSpecs(model.weights(8), (spec) => spec));
  return JSON.parse(JSON.stringify({ nodes: graph.nodes, states: graph.states, vocabulary: model.vocabularySize, positions: model.maxPositions }));
}
