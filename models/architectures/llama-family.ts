import type { RegisteredArchitecture } from './architecture.ts';
import { llama } from './llama.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';
import { smollm3 } from './smollm3.ts';

/** Models that differ from Llama in a few lines of config each, by `model_type` in config.json: they are part of the engine. */
export const LLAMA_FAMILY: Readonly<Record<string, RegisteredArchitecture>> = { llama, qwen2, qwen3, smollm3 };
