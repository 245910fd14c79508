import { importModule } from '../../engine/modules/import-module.ts';
import { importRecurrent } from '../../engine/program/recurrent.ts';
import type { RegisteredArchitecture } from './architecture.ts';
import { llama } from './llama.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import { smollm3 } from './smollm3.ts';

/**
 * By `model_type` in config.json. The Llama family differs in a few lines of config each and is part of the engine; what has a forward pass
 * of its own is a script of its own.
 */
const ARCHITECTURES: Readonly<Record<string, () => Promise<RegisteredArchitecture>>> = {
  gpt2: async () => (await import('./gpt2.ts')).gpt2,
  gpt_oss: async () => (await import('./gpt_oss.ts')).gptOss,
  llama: async () => llama,
  qwen2: async () => qwen2,
  qwen3: async () => qwen3,
  qwen3_5: hybrid,
  qwen3_5_text: hybrid,
  qwen3_moe: async () => (await import('./qwen3_moe.ts')).qwen3Moe,
  smollm3: async () => smollm3,
};

/** Its operators are scripts too: they come along, so that none is found missing when the weights are there. */
async function hybrid(): Promise<RegisteredArchitecture> {
  const [{ qwen3_5 }] = await Promise.all([import('./qwen3_5_text.ts'), importRecurrent()]);
  return qwen3_5;
}

/** Every `model_type` that can be loaded, in alphabetical order. */
export const supportedModelTypes: readonly string[] = Object.keys(ARCHITECTURES).sort();

/** Undefined for a `model_type` that is not supported. Rejects with `ModuleLoadError`. */
export async function findArchitecture(modelType: string): Promise<RegisteredArchitecture | undefined> {
  return Object.hasOwn(ARCHITECTURES, modelType) ? importModule(ARCHITECTURES[modelType]) : undefined;
}
