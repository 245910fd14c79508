import { importModule } from '../../engine/modules/import-module.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { importScaledRotary } from '../config/scaled-rotary.ts';
import { UnsupportedModelError } from '../errors/unsupported-model-error.ts';
import type { ParsedModel, RegisteredArchitecture } from './architecture.ts';
import { LLAMA_FAMILY } from './llama-family.ts';

/** Reads a model's config, with a reader that is fetched where it is no part of the engine. Rejects with `UnsupportedModelError`, `ConfigError` or `ModuleLoadError`. */
export async function parseModel(config: ConfigReader): Promise<ParsedModel> {
  const [{ parse }] = await Promise.all([findArchitecture(config.string('model_type')), importScaledRotary(config)]);
  return parse(config);
}

async function findArchitecture(modelType: string): Promise<RegisteredArchitecture> {
  if (Object.hasOwn(LLAMA_FAMILY, modelType)) return LLAMA_FAMILY[modelType];
  const { ARCHITECTURES, supportedModelTypes } = await importModule(() => import('./registry.ts'));
  if (!Object.hasOwn(ARCHITECTURES, modelType)) throw new UnsupportedModelError(modelType, supportedModelTypes);
  return importModule(ARCHITECTURES[modelType]);
}
