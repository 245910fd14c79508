import type { ConfigReader } from '../config/config-reader.ts';
import { register } from './architecture.ts';
import { denseConfig } from './dense-config.ts';
import { layerCount, layerTypes } from './dimensions.ts';
import { FUSED, SEPARATE } from './expert-layouts.ts';
import { expertCounts, experts } from './experts.ts';
import { transformerForward, transformerName, transformerWeights, type TransformerConfig } from './transformer.ts';

function parse(c: ConfigReader): TransformerConfig {
  const layers = layerCount(c);
  const types = layerTypes(c, layers, ['sliding_attention', 'full_attention']);
  const window = c.integer('sliding_window', { min: 1, default: 128 });
  const bias = c.boolean('attention_bias', { default: true });
  // Without it transformers stretches by YaRN, which a config should not leave unsaid.
  if (!c.has('rope_parameters') && !c.has('rope_scaling')) throw c.error('rope_parameters', 'an object');
  const mixture = experts({
    ...expertCounts(c, 'num_local_experts'),
    intermediateSize: c.integer('intermediate_size', { min: 1 }),
    scoring: { kind: 'softmax', renormalised: true },
    activation: { kind: 'clamped', alpha: c.number('swiglu_alpha', { default: 1.702 }), limit: c.number('swiglu_limit', { min: 0, default: 7 }) },
    router: 'router',
    bias: true,
    // GGUF files have them apart.
    layouts: [{ ...FUSED, rows: 'alternating', transposed: true }, SEPARATE],
  });
  return denseConfig(c, {
    projectionBias: bias,
    outputBias: bias,
    sinks: true,
    windows: Array.from({ length: layers }, (_, i) => ((types ? types[i] === 'sliding_attention' : i % 2 === 0) ? window : undefined)),
    experts: Array.from({ length: layers }, () => mixture),
    headDim: 64,
    theta: 150_000,
    eps: 1e-5,
  });
}

/** gpt-oss (OpenAI 2025, arXiv:2508.10925): experts in every layer, sliding windows in every other, and attention sinks. */
export const gptOss = register({
  parse,
  weights: transformerWeights,
  canonicalName: transformerName,
  forward: transformerForward,
});
