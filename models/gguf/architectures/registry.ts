import type { GgufArchitecture } from './architecture.ts';
import { gpt2 } from './gpt2.ts';
import { gptOss } from './gpt-oss.ts';
import { llama, smollm3 } from './llama.ts';
import { qwen2, qwen3, qwen3moe } from './qwen.ts';
import { qwen35 } from './qwen35.ts';

/** By `general.architecture`. */
const architectures: ReadonlyMap<string, GgufArchitecture> = new Map([
  ['gpt-oss', gptOss],
  ['gpt2', gpt2],
  ['llama', llama],
  ['qwen2', qwen2],
  ['qwen3', qwen3],
  ['qwen35', qwen35],
  ['qwen3moe', qwen3moe],
  ['smollm3', smollm3],
]);

export const ggufArchitectures: readonly string[] = [...architectures.keys()];

export const findGgufArchitecture = (name: string): GgufArchitecture | undefined => architectures.get(name);
