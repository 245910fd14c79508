import type { GgufArchitecture } from './architecture.ts';
import { denseConfig, denseNames } from './dense.ts';

/** conversion/qwen.py of llama.cpp: as on the Hub. */
export const qwen2: GgufArchitecture = { names: denseNames, config: (model) => denseConfig(model, 'qwen2') };
export const qwen3: GgufArchitecture = { names: denseNames, config: (model) => denseConfig(model, 'qwen3') };
