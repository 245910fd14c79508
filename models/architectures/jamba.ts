import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { MAX_EXPERTS } from '../../shaders/moe/variant.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { matrix, vector, type Loaded } from '../weights/spec.ts';
import type { StoredModules } from '../weights/stored-modules.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { attention, attentionScalings, attentionWeights, type AttentionConfig } from './attention.ts';
import { headDimension, headGroups, layerCount, sharedHeadDimension, vocabularySize } from './dimensions.ts';
import { FUSED, SEPARATE } from './expert-layouts.ts';
import { experts, type Experts } from './experts.ts';
import { mamba, mambaConfig, mambaScalings, mambaWeights, type MambaConfig } from './mamba.ts';
import { mlp, mlpScalings, mlpWeights } from './mlp.ts';
import type { Scaling } from './scaling.ts';
import { transformerName } from './transformer.ts';

interface JambaConfig extends ModelDimensions, AttentionConfig, MambaConfig {
  readonly intermediateSize: number;
  readonly tied: boolean;
  /** Per layer: softmax attention rather than Mamba, and what stands in place of the MLP. */
  readonly layers: readonly { readonly attention: boolean; readonly experts?: Experts | undefined }[];
}

/** Whether a layer is one of those that repeat every `${kind}_layer_period` layers from `${kind}_layer_offset` on. */
function periodic(c: ConfigReader, kind: 'attn' | 'expert', period: number, offset: number): (layer: number) => boolean {
  const every = c.integer(`${kind}_layer_period`, { min: 1, default: period });
  const first = c.integer(`${kind}_layer_offset`, { default: offset });
  if (first >= every) throw c.error(`${kind}_layer_offset`, `less than ${kind}_layer_period (${every})`);
  return (layer) => layer % every === first;
}

function mixture(c: ConfigReader, intermediateSize: number): Experts | undefined {
  // A single expert is an MLP without a router.
  const count = c.integer('num_experts', { min: 1, max: MAX_EXPERTS, default: 16 });
  if (count === 1) return undefined;
  return experts({
    count,
    perToken: c.integer('num_experts_per_tok', { min: 1, max: count, default: 2 }),
    intermediateSize,
    scoring: { kind: 'softmax', renormalised: false },
    activation: { kind: 'silu' },
    router: 'router',
    bias: false,
    layouts: [SEPARATE, FUSED],
  });
}

function parse(c: ConfigReader): JambaConfig {
  c.oneOf('hidden_act', ['silu'], { default: 'silu' });
  // A key of the configs from before transformers knew the model.
  if (!c.boolean('mamba_inner_layernorms', { default: true })) throw c.error('mamba_inner_layernorms', 'true: Jamba without norms inside its Mamba layers is not supported');
  if (c.has('sliding_window')) throw c.error('sliding_window', 'null: sliding windows are not supported for Jamba');
  const hiddenSize = c.integer('hidden_size', { min: 1 });
  const heads = c.integer('num_attention_heads', { min: 1 });
  const intermediateSize = c.integer('intermediate_size', { min: 1 });
  const attends = periodic(c, 'attn', 8, 4);
  const mixes = periodic(c, 'expert', 2, 1);
  const mixtureOfExperts = mixture(c, intermediateSize);
  const eps = c.number('rms_norm_eps', { min: 0, default: 1e-6 });
  return {
    vocabularySize: vocabularySize(c),
    maxPositions: c.integer('max_position_embeddings', { min: 1, default: 262_144 }),
    hiddenSize,
    heads,
    // Absent they are 8; null, as old configs have it, means no sharing.
    kvHeads: headGroups(c, 'num_key_value_heads', heads, { default: c.keys().includes('num_key_value_heads') ? heads : 8 }),
    headDim: c.has('head_dim') ? headDimension(c, 'head_dim') : sharedHeadDimension(c, 'num_attention_heads', heads, hiddenSize),
    eps,
    innerEps: eps,
    projectionBias: false,
    outputBias: false,
    qkNorm: false,
    gated: false,
    rotaryDim: 0,
    ...mambaConfig(c, hiddenSize),
    intermediateSize,
    tied: c.boolean('tie_word_embeddings', { default: false }),
    layers: Array.from({ length: layerCount(c) }, (_, i) => ({ attention: attends(i), experts: mixes(i) ? mixtureOfExperts : undefined })),
  };
}

function weights(c: JambaConfig, _context: number, stored: StoredModules) {
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    layers: c.layers.map((layer, i) => ({
      inputNorm: vector(`model.layers.${i}.input_layernorm.weight`, c.hiddenSize),
      attention: layer.attention ? attentionWeights(`model.layers.${i}.self_attn`, c) : undefined,
      mamba: layer.attention ? undefined : mambaWeights(`model.layers.${i}.mamba`, c),
      mlpNorm: vector(`model.layers.${i}.pre_ff_layernorm.weight`, c.hiddenSize),
      mlp: layer.experts ? undefined : mlpWeights(`model.layers.${i}.feed_forward`, c.hiddenSize, c.intermediateSize, false),
      experts: layer.experts?.weights(`model.layers.${i}.feed_forward`, c.hiddenSize, stored),
    })),
    norm: vector('model.final_layernorm.weight', c.hiddenSize),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

function scalings(c: JambaConfig): Scaling[] {
  return c.layers.flatMap((layer, i) => {
    const prefix = `model.layers.${i}`;
    const norm = `${prefix}.input_layernorm.weight`;
    return [
      ...(layer.attention ? attentionScalings(`${prefix}.self_attn`, norm, c) : mambaScalings(`${prefix}.mamba`, norm, c)),
      ...(layer.experts ? [] : mlpScalings(`${prefix}.feed_forward`, `${prefix}.pre_ff_layernorm.weight`, c.hiddenSize, c.intermediateSize, false)),
    ];
  });
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: JambaConfig): Tensor {
  let x = ops.embedding(w.embedding);
  w.layers.forEach((layer, i) => {
    const { experts: mixtureOfExperts } = c.layers[i];
    const normed = ops.rmsNorm(x, layer.inputNorm, c.eps);
    if (layer.attention) x = attention(ops, normed, x, layer.attention, c, {});
    else if (layer.mamba) x = mamba(ops, normed, x, layer.mamba, c);
    const forMlp = ops.rmsNorm(x, layer.mlpNorm, c.eps);
    if (layer.mlp) x = mlp(ops, forMlp, x, layer.mlp);
    else if (layer.experts && mixtureOfExperts) x = mixtureOfExperts.forward(ops, forMlp, x, layer.experts);
  });
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding);
}

/** Jamba (Lieber et al. 2024, arXiv:2403.19887): layers of Mamba, every eighth of softmax attention without positions, experts in every other. */
export const jamba = register({ parse, weights, canonicalName: transformerName, scalings, forward });
