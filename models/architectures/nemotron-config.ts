import type { ConfigReader } from '../config/config-reader.ts';
import type { AttentionConfig } from './attention.ts';
import { headDimension, headGroups } from './dimensions.ts';
import { SEPARATE, type ExpertsLayout } from './expert-layouts.ts';
import { expertCounts, experts, type Experts } from './experts.ts';
import { timeStepLimit } from './mamba2-config.ts';
import type { Mamba2Config } from './mamba2-mixer.ts';

// The parts of Nemotron-H's config (`NemotronHConfig` of transformers), with the keys of older ones. All throw `ConfigError` naming the key.

export type LayerKind = 'mamba' | 'attention' | 'mlp' | 'moe';

/** Names that layers had before transformers 5, and since. */
const KINDS = { mamba: 'mamba', linear_attention: 'mamba', attention: 'attention', full_attention: 'attention', mlp: 'mlp', moe: 'moe' } as const;
const SYMBOLS: ReadonlyMap<string, LayerKind> = new Map([['M', 'mamba'], ['*', 'attention'], ['-', 'mlp'], ['E', 'moe']]);

const DEFAULT_LAYERS: readonly LayerKind[] = ['mamba', 'moe', 'attention', 'mlp'];

/** From `layers_block_type` or `layer_types`, else from `hybrid_override_pattern`: a character for each layer, which makes `num_hidden_layers` theirs to decide. */
export function layerKinds(c: ConfigReader): readonly LayerKind[] {
  const key = c.has('layers_block_type') ? 'layers_block_type' : 'layer_types';
  if (c.has(key)) return checkedLayers(c, key, c.eachOneOf(key, ['mamba', 'linear_attention', 'attention', 'full_attention', 'mlp', 'moe']).map((name) => KINDS[name]));
  const pattern = c.optionalString('hybrid_override_pattern');
  if (pattern === undefined) return DEFAULT_LAYERS;
  const kinds = [...pattern].map((symbol) => SYMBOLS.get(symbol));
  const known = kinds.filter((kind) => kind !== undefined);
  if (known.length < kinds.length) throw c.error('hybrid_override_pattern', 'a character for each layer: M, *, - or E');
  return checkedLayers(c, 'hybrid_override_pattern', known);
}

/** Bounds what a damaged config can make the loader build before the first tensor contradicts it. */
const MAX_LAYERS = 1024;

function checkedLayers(c: ConfigReader, key: string, layers: readonly LayerKind[]): readonly LayerKind[] {
  if (layers.length === 0 || layers.length > MAX_LAYERS) throw c.error(key, `a list of 1 to ${MAX_LAYERS} layers`);
  return layers;
}

export function nemotronAttention(c: ConfigReader, hiddenSize: number, eps: number): AttentionConfig {
  const heads = c.integer('num_attention_heads', { min: 1, default: 32 });
  const bias = c.boolean('attention_bias', { default: false });
  return {
    hiddenSize,
    heads,
    kvHeads: headGroups(c, 'num_key_value_heads', heads, { default: c.keys().includes('num_key_value_heads') ? heads : 8 }),
    headDim: headDimension(c, 'head_dim', { default: 128 }),
    eps,
    projectionBias: bias,
    outputBias: bias,
    qkNorm: false,
    gated: false,
    rotaryDim: 0,
  };
}

export function nemotronMamba(c: ConfigReader, hiddenSize: number, eps: number): Mamba2Config {
  const named = (older: string, key: string): string => (c.has(older) ? older : key);
  const heads = c.integer('mamba_num_heads', { min: 1, default: 128 });
  const [least, most] = timeStepLimit(c, named('mamba_dt_limit', 'time_step_limit'));
  const groups = headGroups(c, named('mamba_n_groups', 'n_groups'), heads, { default: 8 });
  return {
    hiddenSize,
    heads,
    headDim: headDimension(c, 'mamba_head_dim', { default: 64 }),
    groups,
    stateSize: headDimension(c, 'ssm_state_size', { default: 128 }),
    convKernel: c.integer(named('mamba_d_conv', 'conv_kernel'), { min: 2, default: 4 }),
    convBias: c.boolean(named('mamba_conv_bias', 'use_conv_bias'), { default: true }),
    projectionBias: c.boolean('use_bias', { default: false }),
    // Without its CUDA kernels transformers clamps time steps at `time_step_min`, which elsewhere only says how biases were drawn.
    limits: [Math.max(least, c.number(named('mamba_dt_min', 'time_step_min'), { min: 0, default: 0.001 })), most],
    norm: { groups, eps, order: 'gate-first' },
  };
}

/** As transformers 5 has them in memory. */
const FUSED_UP: ExpertsLayout = { kind: 'fused', gateUp: 'experts.up_proj', down: 'experts.down_proj', rows: 'halves', transposed: false };

export function nemotronExperts(c: ConfigReader): Experts {
  const counts = expertCounts(c, c.has('n_routed_experts') ? 'n_routed_experts' : 'num_local_experts', { count: 8, perToken: 2 });
  const groups = headGroups(c, 'n_group', counts.count, { default: 1 });
  const latent = c.optionalInteger('moe_latent_size', { min: 1 });
  return experts({
    ...counts,
    intermediateSize: c.integer('moe_intermediate_size', { min: 1, default: 7688 }),
    scoring: {
      kind: 'sigmoid',
      renormalised: c.boolean('norm_topk_prob', { default: true }),
      scale: c.number('routed_scaling_factor', { default: 1 }),
      bias: 'gate.e_score_correction_bias',
      groups: groups > 1 ? { count: groups, chosen: c.integer('topk_group', { min: 1, max: groups, default: 1 }), scoring: 'top2-sum' } : undefined,
    },
    activation: { kind: 'relu2' },
    router: 'gate',
    bias: false,
    layouts: [SEPARATE, FUSED_UP],
    shared: { name: 'shared_experts', intermediateSize: c.integer('moe_shared_expert_intermediate_size', { min: 1, default: 7688 }), activation: 'relu2' },
    latent: latent === undefined ? undefined : { size: latent, down: 'fc1_latent_proj', up: 'fc2_latent_proj' },
  });
}
