import type { ConfigReader } from '../config/config-reader.ts';
import { register } from './architecture.ts';
import { denseConfig } from './dense-config.ts';
import { layerCount } from './dimensions.ts';
import { FUSED, SEPARATE } from './expert-layouts.ts';
import { expertCounts, experts, sparseLayers } from './experts.ts';
import { transformerForward, transformerName, transformerWeights, type TransformerConfig } from './transformer.ts';

function parse(c: ConfigReader): TransformerConfig {
  const layers = layerCount(c);
  const mixture = experts({
    // transformers 5 saves it under the second name.
    ...expertCounts(c, c.has('num_experts') ? 'num_experts' : 'num_local_experts'),
    intermediateSize: c.integer('moe_intermediate_size', { min: 1 }),
    scoring: { kind: 'softmax', renormalised: c.boolean('norm_topk_prob', { default: false }) },
    activation: { kind: 'silu' },
    router: 'gate',
    bias: false,
    layouts: [SEPARATE, FUSED],
  });
  const bias = c.boolean('attention_bias', { default: false });
  // Unlike Qwen3's, the window is that of all layers.
  const window = c.boolean('use_sliding_window', { default: false }) && c.has('sliding_window') ? c.integer('sliding_window', { min: 1 }) : undefined;
  return denseConfig(c, {
    qkNorm: true,
    projectionBias: bias,
    outputBias: bias,
    windows: Array.from({ length: layers }, () => window),
    experts: sparseLayers(c, layers).map((sparse) => (sparse ? mixture : undefined)),
    headDim: 128,
  });
}

/** Qwen3-MoE: Qwen3 with experts in place of the MLP of all layers but those that the config names (arXiv:2505.09388). */
export const qwen3Moe = register({
  parse,
  weights: transformerWeights,
  canonicalName: transformerName,
  forward: transformerForward,
});
