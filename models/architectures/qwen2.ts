import type { ConfigReader } from '../config/config-reader.ts';
import { register } from './architecture.ts';
import { denseConfig } from './dense-config.ts';
import { slidingWindows } from './sliding-windows.ts';
import { transformerForward, transformerName, transformerScalings, transformerWeights } from './transformer.ts';

/** Qwen2 and Qwen2.5: Llama with biases on q, k and v (arXiv:2407.10671). */
export const qwen2 = register({
  parse: (c: ConfigReader) => denseConfig(c, { projectionBias: true, windows: slidingWindows(c) }),
  weights: transformerWeights,
  canonicalName: transformerName,
  scalings: transformerScalings,
  forward: transformerForward,
});
