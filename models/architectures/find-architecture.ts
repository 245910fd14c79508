import { importModule } from '../../engine/modules/import-module.ts';
import { UnsupportedModelError } from '../errors/unsupported-model-error.ts';
import type { RegisteredArchitecture } from './architecture.ts';
import { LLAMA_FAMILY } from './llama-family.ts';

/** The reader of a `model_type`, fetched where it is no part of the engine. Rejects with `UnsupportedModelError` or `ModuleLoadError`. */
export async function findArchitecture(modelType: string): Promise<RegisteredArchitecture> {
  if (Object.hasOwn(LLAMA_FAMILY, modelType)) return LLAMA_FAMILY[modelType];
  const { ARCHITECTURES, supportedModelTypes } = await importModule(() => import('./registry.ts'));
  if (!Object.hasOwn(ARCHITECTURES, modelType)) throw new UnsupportedModelError(modelType, supportedModelTypes);
  return importModule(ARCHITECTURES[modelType]);
}
