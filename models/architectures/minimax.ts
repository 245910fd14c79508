import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { rotaryTable, type RotaryParameters } from '../../engine/rotary/rotary-table.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { readRotary } from '../config/read-rotary.ts';
import { computed, matrix, vector, type Loaded } from '../weights/spec.ts';
import type { StoredModules } from '../weights/stored-modules.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { attention, attentionWeights, type AttentionConfig } from './attention.ts';
import { headDimension, headGroups, layerCount, layerTypes, sharedHeadDimension, vocabularySize } from './dimensions.ts';
import { FUSED, SEPARATE_W } from './expert-layouts.ts';
import { expertCounts, experts, type Experts } from './experts.ts';
import { lightning, lightningWeights } from './lightning.ts';
import { transformerName } from './transformer.ts';

/** A sub-layer's place in the residual stream: alpha · residual + beta · result. */
interface Weighting {
  readonly alpha: number;
  readonly beta: number;
}

interface MiniMaxConfig extends ModelDimensions, AttentionConfig {
  readonly rotary: RotaryParameters;
  readonly window: number | undefined;
  /** Per layer: softmax attention rather than Lightning Attention. */
  readonly full: readonly boolean[];
  /** The residual is what the norm gives, rather than what it takes. */
  readonly normedResidual: boolean;
  readonly weighting: Readonly<Record<'full' | 'linear' | 'mlp', Weighting>>;
  readonly experts: Experts;
  readonly tied: boolean;
}

/** By transformers' keys (`full_attn_alpha_factor`) or those of MiniMax's own code (`layernorm_full_attention_alpha`). */
function readWeighting(c: ConfigReader, name: string, original: string): Weighting {
  const [alpha, beta] = ['alpha', 'beta'].map((kind) => {
    const key = `layernorm_${original}_${kind}`;
    return c.number(c.has(key) ? key : `${name}_${kind}_factor`, { default: 1 });
  });
  return { alpha, beta };
}

function fullLayers(c: ConfigReader, layers: number): boolean[] {
  if (!c.has('attn_type_list')) return Array.from(layerTypes(c, layers, ['full_attention', 'linear_attention']) ?? Array.from({ length: layers }, (_, i) => (i % 2 === 0 ? 'full_attention' : 'linear_attention')), (type) => type === 'full_attention');
  const types = c.integers('attn_type_list', { max: 1 });
  if (types.length !== layers) throw c.error('attn_type_list', `a list of ${layers}, one for each layer`);
  return types.map((type) => type === 1);
}

function parse(c: ConfigReader): MiniMaxConfig {
  c.oneOf('hidden_act', ['silu'], { default: 'silu' });
  const shared = c.raw('shared_intermediate_size') ?? 0;
  if (shared !== 0) throw c.error('shared_intermediate_size', '0: shared experts are not supported for MiniMax');
  const hiddenSize = c.integer('hidden_size', { min: 1, default: 4096 });
  const heads = c.integer('num_attention_heads', { min: 1, default: 32 });
  const headDim = c.has('head_dim') ? headDimension(c, 'head_dim') : sharedHeadDimension(c, 'num_attention_heads', heads, hiddenSize);
  const rotary = readRotary(c, headDim, { theta: 1e6, partial: c.integer('rotary_dim', { min: 2, max: headDim, default: headDim }) / headDim });
  const weighting = { full: readWeighting(c, 'full_attn', 'full_attention'), linear: readWeighting(c, 'linear_attn', 'linear_attention'), mlp: readWeighting(c, 'mlp', 'mlp') };
  return {
    vocabularySize: vocabularySize(c),
    maxPositions: c.integer('max_position_embeddings', { min: 1, default: 131_072 }),
    hiddenSize,
    heads,
    kvHeads: headGroups(c, 'num_key_value_heads', heads, { default: c.keys().includes('num_key_value_heads') ? heads : 8 }),
    headDim,
    eps: c.number('rms_norm_eps', { min: 0, default: 1e-5 }),
    projectionBias: false,
    outputBias: false,
    outputScale: weighting.full.beta,
    qkNorm: false,
    gated: false,
    rotary,
    rotaryDim: rotary.rotaryDim,
    window: c.optionalInteger('sliding_window', { min: 1 }),
    full: fullLayers(c, layerCount(c)),
    // transformers knows this one way alone and has no key for it.
    normedResidual: c.boolean('postnorm', { default: c.string('model_type') === 'minimax' }),
    weighting,
    experts: experts({
      ...expertCounts(c, 'num_local_experts', { count: 8, perToken: 2 }),
      intermediateSize: c.integer('intermediate_size', { min: 1, default: 14_336 }),
      scoring: { kind: 'softmax', renormalised: true, scale: weighting.mlp.beta },
      activation: { kind: 'silu' },
      router: 'gate',
      bias: false,
      layouts: [SEPARATE_W, FUSED],
    }),
    tied: c.boolean('tie_word_embeddings', { default: false }),
  };
}

function weights(c: MiniMaxConfig, context: number, stored: StoredModules) {
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    rotaryTable: computed('rotary table', rotaryTable(c.rotary, context)),
    layers: c.full.map((full, i) => ({
      inputNorm: vector(`model.layers.${i}.input_layernorm.weight`, c.hiddenSize),
      attention: full ? attentionWeights(`model.layers.${i}.self_attn`, c) : undefined,
      lightning: full ? undefined : lightningWeights(`model.layers.${i}.self_attn`, c, { layer: i, layers: c.full.length }),
      mlpNorm: vector(`model.layers.${i}.post_attention_layernorm.weight`, c.hiddenSize),
      experts: c.experts.weights(`model.layers.${i}.block_sparse_moe`, c.hiddenSize, stored),
    })),
    norm: vector('model.norm.weight', c.hiddenSize),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: MiniMaxConfig): Tensor {
  const { weighting, normedResidual } = c;
  let x = ops.embedding(w.embedding);
  for (const layer of w.layers) {
    const normed = ops.rmsNorm(x, layer.inputNorm, c.eps);
    const kept = normedResidual ? normed : x;
    if (layer.attention) x = attention(ops, normed, ops.scale(kept, weighting.full.alpha), layer.attention, c, { rotaryTable: w.rotaryTable, ...(c.window !== undefined && { window: c.window }) });
    else if (layer.lightning) x = lightning(ops, normed, layer.lightning, c, { residual: ops.scale(kept, weighting.linear.alpha), scale: weighting.linear.beta });
    const forExperts = ops.rmsNorm(x, layer.mlpNorm, c.eps);
    x = c.experts.forward(ops, forExperts, ops.scale(normedResidual ? forExperts : x, weighting.mlp.alpha), layer.experts);
  }
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding);
}

/** Decays that were saved beside the weights follow from the config. */
function canonicalName(name: string, c: MiniMaxConfig): string | undefined {
  if (/\.self_attn\.(slope_rate|query_decay|key_decay|diagonal_decay)$/.test(name)) return undefined;
  return transformerName(name.replace(/(\.layers\.\d+)\.mlp\./, '$1.block_sparse_moe.'), c);
}

/** MiniMax-Text-01 and M1 (arXiv:2501.08313): Lightning Attention, softmax attention in every eighth layer, a mixture of experts in all. */
export const minimax = register({ parse, weights, canonicalName, forward });
