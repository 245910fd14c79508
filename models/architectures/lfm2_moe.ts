import type { ConfigReader } from '../config/config-reader.ts';
import { register } from './architecture.ts';
import { FUSED, SEPARATE_W } from './expert-layouts.ts';
import { expertCounts, experts, type Experts } from './experts.ts';
import { lfm2Config, lfm2Forward, lfm2Name, lfm2Weights, type Lfm2Config } from './lfm2-hybrid.ts';

function mlps(c: ConfigReader, layers: number): (number | Experts)[] {
  const mixture = experts({
    ...expertCounts(c, 'num_experts', { count: 32, perToken: 4 }),
    intermediateSize: c.integer('moe_intermediate_size', { min: 1, default: 1792 }),
    scoring: {
      kind: 'sigmoid',
      renormalised: c.boolean('norm_topk_prob', { default: true }),
      epsilon: 1e-6,
      scale: c.number('routed_scaling_factor', { default: 1 }),
      bias: c.boolean('use_expert_bias', { default: true }) ? 'expert_bias' : undefined,
    },
    activation: { kind: 'silu' },
    router: 'gate',
    bias: false,
    layouts: [SEPARATE_W, FUSED],
  });
  const dense = c.integer('num_dense_layers', { default: 2 });
  const width = c.integer('intermediate_size', { min: 1, default: 7168 });
  return Array.from({ length: layers }, (_, i) => (i < dense ? width : mixture));
}

const parse = (c: ConfigReader): Lfm2Config => lfm2Config(c, { mlps, hiddenSize: 2048 });

/** LFM2 with experts in all but the first layers. */
export const lfm2Moe = register({ parse, weights: lfm2Weights, canonicalName: lfm2Name, forward: lfm2Forward });
