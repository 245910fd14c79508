import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { MAX_EXPERTS } from '../../shaders/moe/variant.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { matrix, vector, type Loaded } from '../weights/spec.ts';
import type { StoredModules } from '../weights/stored-modules.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { headDimension, layerCount, layerTypes, vocabularySize } from './dimensions.ts';
import { FUSED, SEPARATE, SEPARATE_W } from './expert-layouts.ts';
import { experts, type Experts } from './experts.ts';
import { kimiDeltaAttention, kimiDeltaWeights, type KimiDeltaConfig } from './kimi-delta-attention.ts';
import { latentAttention, latentAttentionConfig, latentAttentionWeights, type LatentAttentionConfig } from './latent-attention.ts';
import { mlp, mlpWeights } from './mlp.ts';
import { transformerName } from './transformer.ts';

interface KimiLinearConfig extends ModelDimensions {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly eps: number;
  readonly tied: boolean;
  readonly delta: KimiDeltaConfig;
  readonly latent: LatentAttentionConfig;
  readonly experts: Experts;
  /** Per layer: latent attention rather than Kimi Delta Attention, and experts rather than an MLP. */
  readonly layers: readonly { readonly full: boolean; readonly sparse: boolean }[];
}

/** The Hub's config.json has names of its own for what transformers 5 calls otherwise and reads under either. */
const either = (c: ConfigReader, hub: string, transformers: string): string => (!c.has(hub) && c.has(transformers) ? transformers : hub);

/** Which layers are of latent attention: `layer_types`, or the Hub's two lists, which count from 1, or every fourth from the fifth on (`KimiLinearConfig`). */
function fullLayers(c: ConfigReader, layers: number): boolean[] {
  const types = layerTypes(c, layers, ['linear_attention', 'full_attention']);
  if (types) return types.map((type) => type === 'full_attention');
  const lists = c.optionalObject('linear_attn_config');
  if (!lists?.has('full_attn_layers') || !lists.has('kda_layers')) return Array.from({ length: layers }, (_, i) => i > 0 && i % 4 === 0);
  const [full, linear] = ['full_attn_layers', 'kda_layers'].map((key) => new Set(lists.integers(key, { min: 1, max: layers })));
  return Array.from({ length: layers }, (_, i) => {
    if (full.has(i + 1) === linear.has(i + 1)) throw lists.error('kda_layers', `with full_attn_layers each layer from 1 to ${layers} once, not ${i + 1} ${full.has(i + 1) ? 'twice' : 'never'}`);
    return full.has(i + 1);
  });
}

/** Which layers have experts: `mlp_layer_types`, or all from `first_k_dense_replace` on, or of those every `moe_layer_freq`th. */
function sparseLayers(c: ConfigReader, layers: number): boolean[] {
  const types = layerTypes(c, layers, ['dense', 'sparse'], 'mlp_layer_types');
  if (types) return types.map((type) => type === 'sparse');
  const dense = c.integer('first_k_dense_replace', { default: 1 });
  const every = c.integer('moe_layer_freq', { min: 1, default: 1 });
  return Array.from({ length: layers }, (_, i) => i >= dense && i % every === 0);
}

function mixture(c: ConfigReader): Experts {
  c.oneOf('moe_router_activation_func', ['sigmoid'], { default: 'sigmoid' });
  const count = c.integer(either(c, 'num_experts', 'num_local_experts'), { min: 1, max: MAX_EXPERTS, default: 256 });
  const perToken = c.integer(either(c, 'num_experts_per_token', 'num_experts_per_tok'), { min: 1, max: count, default: 8 });
  const groupsKey = either(c, 'num_expert_group', 'n_group');
  const groups = c.integer(groupsKey, { min: 1, default: 1 });
  if (count % groups !== 0 || count < 2 * groups) throw c.error(groupsKey, `a divisor of the ${count} experts that leaves each group two`);
  const chosen = c.integer('topk_group', { min: 1, max: groups, default: 1 });
  if (perToken > (chosen * count) / groups) throw c.error('topk_group', `groups enough for the ${perToken} experts of a token`);
  const intermediateSize = c.integer('moe_intermediate_size', { min: 1, default: 1024 });
  const shared = c.integer(either(c, 'num_shared_experts', 'n_shared_experts'), { default: 1 });
  return experts({
    count,
    perToken,
    intermediateSize,
    scoring: {
      kind: 'sigmoid',
      renormalised: c.boolean(either(c, 'moe_renormalize', 'norm_topk_prob'), { default: true }),
      bias: 'gate.e_score_correction_bias',
      groups: groups > 1 ? { count: groups, chosen, scoring: 'top2-sum' } : undefined,
      scale: c.number('routed_scaling_factor', { default: 2.446 }),
    },
    activation: { kind: 'silu' },
    router: 'gate',
    bias: false,
    layouts: [SEPARATE_W, SEPARATE, FUSED],
    ...(shared > 0 && { shared: { name: 'shared_experts', activation: 'silu', intermediateSize: shared * intermediateSize } }),
  });
}

function parse(c: ConfigReader): KimiLinearConfig {
  c.oneOf('hidden_act', ['silu'], { default: 'silu' });
  if (!c.boolean('mla_use_nope', { default: true })) throw c.error('mla_use_nope', 'true: latent attention with rotary embeddings is not supported for Kimi Linear');
  const layers = layerCount(c);
  const full = fullLayers(c, layers);
  const sparse = sparseLayers(c, layers);
  const hub = c.optionalObject('linear_attn_config');
  const [delta, names] = hub ? [hub, ['num_heads', 'head_dim', 'short_conv_kernel_size']] : [c, ['linear_num_heads', 'linear_head_dim', 'linear_conv_kernel_dim']];
  return {
    vocabularySize: vocabularySize(c),
    maxPositions: c.integer(either(c, 'model_max_length', 'max_position_embeddings'), { min: 1, default: 1_048_576 }),
    hiddenSize: c.integer('hidden_size', { min: 1, default: 2304 }),
    intermediateSize: c.integer('intermediate_size', { min: 1, default: 9216 }),
    eps: c.number('rms_norm_eps', { min: 0, default: 1e-5 }),
    tied: c.boolean('tie_word_embeddings', { default: false }),
    delta: {
      heads: delta.integer(names[0], { min: 1, default: 32 }),
      headDim: headDimension(delta, names[1], { default: 128 }),
      convKernel: delta.integer(names[2], { min: 2, default: 4 }),
    },
    latent: latentAttentionConfig(c, { ownDim: 128, sharedDim: 64, valueDim: 128, rank: 512 }),
    experts: mixture(c),
    layers: full.map((isFull, i) => ({ full: isFull, sparse: sparse[i] })),
  };
}

function weights(c: KimiLinearConfig, _context: number, stored: StoredModules) {
  const layer = ({ full, sparse }: KimiLinearConfig['layers'][number], prefix: string) => ({
    inputNorm: vector(`${prefix}.input_layernorm.weight`, c.hiddenSize),
    latent: full ? latentAttentionWeights(`${prefix}.self_attn`, c.hiddenSize, c.latent) : undefined,
    delta: full ? undefined : kimiDeltaWeights(`${prefix}.self_attn`, c.hiddenSize, c.delta),
    mlpNorm: vector(`${prefix}.post_attention_layernorm.weight`, c.hiddenSize),
    mlp: sparse ? undefined : mlpWeights(`${prefix}.mlp`, c.hiddenSize, c.intermediateSize, false),
    experts: sparse ? c.experts.weights(`${prefix}.mlp`, c.hiddenSize, stored) : undefined,
  });
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    layers: c.layers.map((kinds, i) => layer(kinds, `model.layers.${i}`)),
    norm: vector('model.norm.weight', c.hiddenSize),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: KimiLinearConfig): Tensor {
  let x = ops.embedding(w.embedding);
  for (const layer of w.layers) {
    const normed = ops.rmsNorm(x, layer.inputNorm, c.eps);
    if (layer.latent) x = latentAttention(ops, normed, x, layer.latent, c.latent);
    else if (layer.delta) x = kimiDeltaAttention(ops, normed, x, layer.delta, { ...c.delta, eps: c.eps });
    const mixed = ops.rmsNorm(x, layer.mlpNorm, c.eps);
    if (layer.mlp) x = mlp(ops, mixed, x, layer.mlp);
    else if (layer.experts) x = c.experts.forward(ops, mixed, x, layer.experts);
  }
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding);
}

/** An MLP is `mlp` on the Hub and `block_sparse_moe` where transformers 5 has saved it; experts are the latter in both. */
const canonicalName = (name: string, c: KimiLinearConfig): string | undefined => transformerName(name.replace('.block_sparse_moe.', '.mlp.'), c);

/** Kimi Linear (arXiv:2510.26692): three layers of Kimi Delta Attention to one of latent attention without positions, and experts from the second layer on. */
export const kimiLinear = register({ parse, weights, canonicalName, forward });
