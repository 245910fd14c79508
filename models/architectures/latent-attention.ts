import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { matrix, vector, type Loaded } from '../weights/spec.ts';
import { headDimension } from './dimensions.ts';

/** Multi-head latent attention (DeepSeek-V2, arXiv:2405.04434) without rotation. */
export interface LatentAttentionConfig {
  readonly heads: number;
  /** Elements of a key that are its head's own. */
  readonly ownDim: number;
  /** Elements that all heads' keys share. */
  readonly sharedDim: number;
  readonly valueDim: number;
  /** Of the latent that keys and values are expanded from. */
  readonly rank: number;
  /** Of the latent that queries are expanded from; absent: they are projected at once. */
  readonly queryRank: number | undefined;
}

/** Of the norms of the latents: that of the class, not of the config (`KimiLinearRMSNorm`, `DeepseekV3RMSNorm` in transformers 5.17). */
const LATENT_EPS = 1e-6;

/** Throws `ConfigError` for widths that the kernels cannot take. */
export function latentAttentionConfig(c: ConfigReader, defaults: Omit<LatentAttentionConfig, 'heads' | 'queryRank'>): LatentAttentionConfig {
  const heads = c.integer('num_attention_heads', { min: 1, default: 32 });
  if (c.integer('num_key_value_heads', { min: 1, default: heads }) !== heads) throw c.error('num_key_value_heads', `num_attention_heads (${heads}): every head has keys and values of its own`);
  const part = (key: string, fallback: number): number => {
    const value = c.integer(key, { default: fallback });
    if (value % 4) throw c.error(key, 'a multiple of 4');
    return value;
  };
  const ownDim = headDimension(c, 'qk_nope_head_dim', { default: defaults.ownDim });
  const sharedDim = part('qk_rope_head_dim', defaults.sharedDim);
  const valueDim = headDimension(c, 'v_head_dim', { default: defaults.valueDim });
  if (ownDim + sharedDim > 256) throw c.error('qk_rope_head_dim', `at most ${256 - ownDim}: with qk_nope_head_dim keys are no wider than 256`);
  if (valueDim > ownDim + sharedDim) throw c.error('v_head_dim', `at most ${ownDim + sharedDim}, the width of a key`);
  return { heads, ownDim, sharedDim, valueDim, rank: part('kv_lora_rank', defaults.rank), queryRank: c.optionalInteger('q_lora_rank', { min: 1 }) };
}

export function latentAttentionWeights(prefix: string, hiddenSize: number, c: LatentAttentionConfig) {
  const queries = c.heads * (c.ownDim + c.sharedDim);
  return {
    query: c.queryRank === undefined ? matrix(`${prefix}.q_proj.weight`, queries, hiddenSize) : undefined,
    queryLatent: c.queryRank === undefined ? undefined : {
      down: matrix(`${prefix}.q_a_proj.weight`, c.queryRank, hiddenSize),
      norm: vector(`${prefix}.q_a_layernorm.weight`, c.queryRank),
      up: matrix(`${prefix}.q_b_proj.weight`, queries, c.queryRank),
    },
    down: matrix(`${prefix}.kv_a_proj_with_mqa.weight`, c.rank + c.sharedDim, hiddenSize),
    norm: vector(`${prefix}.kv_a_layernorm.weight`, c.rank),
    up: matrix(`${prefix}.kv_b_proj.weight`, c.heads * (c.ownDim + c.valueDim), c.rank),
    output: matrix(`${prefix}.o_proj.weight`, hiddenSize, c.heads * c.valueDim),
  };
}

/**
 * residual + o_proj(attention(normed)). Keys and values are cached as they are expanded, 2 · heads · the width of a key for a token. To
 * cache the latent instead (rank + sharedDim, 21 times less for Kimi Linear) the expansion would move into q and the output, with
 * keys as wide as the latent: wider than the attention kernels take.
 */
export function latentAttention(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof latentAttentionWeights>>, c: LatentAttentionConfig): Tensor {
  const headDim = c.ownDim + c.sharedDim;
  const latent = ops.linear(normed, w.down);
  const mixed = ops.latentAttention(queryOf(ops, normed, w), {
    state: { kind: 'kv', kvHeads: c.heads, headDim },
    heads: c.heads,
    scale: headDim ** -0.5,
    expanded: ops.linear(ops.rmsNorm(latent, w.norm, LATENT_EPS), w.up),
    shared: { tensor: latent, column: c.rank },
    valueDim: c.valueDim,
  });
  return ops.linear(mixed, w.output, { residual });
}

function queryOf(ops: Ops, normed: Tensor, { query, queryLatent }: Loaded<ReturnType<typeof latentAttentionWeights>>): Tensor {
  if (query) return ops.linear(normed, query);
  if (queryLatent) return ops.linear(ops.rmsNorm(ops.linear(normed, queryLatent.down), queryLatent.norm, LATENT_EPS), queryLatent.up);
  throw new Error('latent attention has no weights for its queries');
}
