import type { ConfigReader } from '../config/config-reader.ts';
import { register } from './architecture.ts';
import { denseConfig } from './dense-config.ts';
import { slidingWindows } from './sliding-windows.ts';
import { transformerForward, transformerName, transformerScalings, transformerWeights } from './transformer.ts';

/** Qwen3: heads of q and k are normalised before the rotation (arXiv:2505.09388). */
export const qwen3 = register({
  parse: (c: ConfigReader) => {
    const bias = c.boolean('attention_bias', { default: false });
    return denseConfig(c, { qkNorm: true, projectionBias: bias, outputBias: bias, windows: slidingWindows(c), headDim: 128 });
  },
  weights: transformerWeights,
  canonicalName: transformerName,
  scalings: transformerScalings,
  forward: transformerForward,
});
