import type { RegisteredArchitecture } from './architecture.ts';
import { gpt2 } from './gpt2.ts';
import { gptOss } from './gpt_oss.ts';
import { llama } from './llama.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import { qwen3Moe } from './qwen3_moe.ts';
import { qwen3_5 } from './qwen3_5_text.ts';
import { smollm3 } from './smollm3.ts';

const architectures: readonly RegisteredArchitecture[] = [gpt2, gptOss, llama, qwen2, qwen3, qwen3Moe, qwen3_5, smollm3];

const byModelType: ReadonlyMap<string, RegisteredArchitecture> = new Map(architectures.flatMap((architecture) => architecture.modelTypes.map((type) => [type, architecture] as const)));

/** Every `model_type` that can be loaded, in alphabetical order. */
export const supportedModelTypes: readonly string[] = [...byModelType.keys()].sort();

export const findArchitecture = (modelType: string): RegisteredArchitecture | undefined => byModelType.get(modelType);
