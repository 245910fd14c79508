import type { ConfigReader } from '../config/config-reader.ts';
import { register } from './architecture.ts';
import { denseConfig } from './dense-config.ts';
import { transformerForward, transformerName, transformerScalings, transformerWeights } from './transformer.ts';

/** Llama 1 to 3 and the many checkpoints in its layout (Touvron et al. 2023, arXiv:2302.13971). */
export const llama = register({
  parse: (c: ConfigReader) => {
    const bias = c.boolean('attention_bias', { default: false });
    return denseConfig(c, { projectionBias: bias, outputBias: bias, mlpBias: c.boolean('mlp_bias', { default: false }) });
  },
  weights: transformerWeights,
  canonicalName: transformerName,
  scalings: transformerScalings,
  forward: transformerForward,
});
