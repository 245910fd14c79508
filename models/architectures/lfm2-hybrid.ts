import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { rotaryTable, type RotaryParameters } from '../../engine/rotary/rotary-table.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { readRotary } from '../config/read-rotary.ts';
import { computed, matrix, vector, type Loaded } from '../weights/spec.ts';
import type { StoredModules } from '../weights/stored-modules.ts';
import type { ModelDimensions } from './architecture.ts';
import { attention, attentionScalings, attentionWeights, type AttentionConfig } from './attention.ts';
import { headDimension, headGroups, layerCount, layerTypes, sharedHeadDimension, textConfig, vocabularySize } from './dimensions.ts';
import type { Experts } from './experts.ts';
import { mlp, mlpScalings, mlpWeights, W_NAMES } from './mlp.ts';
import { normScaling, type Scaling } from './scaling.ts';
import { transformerName } from './transformer.ts';

/** Layers of short convolutions between two gates, and of softmax attention: LFM2 with and without experts. */
export interface Lfm2Config extends ModelDimensions, AttentionConfig {
  readonly rotary: RotaryParameters;
  readonly convKernel: number;
  readonly convBias: boolean;
  readonly tied: boolean;
  readonly layers: readonly {
    readonly kind: 'conv' | 'full_attention';
    /** An MLP as wide as that, or what stands in its place. */
    readonly mlp: number | Experts;
  }[];
}

/** `layer_types` where listed, else attention in the layers of `full_attn_idxs`, else in all. */
function layerKinds(c: ConfigReader, layers: number): ('conv' | 'full_attention')[] {
  const listed = layerTypes(c, layers, ['conv', 'full_attention']);
  if (listed) return listed;
  const attending = c.has('full_attn_idxs') ? c.integers('full_attn_idxs', { max: layers - 1 }) : undefined;
  return Array.from({ length: layers }, (_, i) => (attending && !attending.includes(i) ? 'conv' : 'full_attention'));
}

/** What the families decide for themselves. */
export interface Lfm2Family {
  /** Of each layer. */
  readonly mlps: (c: ConfigReader, layers: number) => (number | Experts)[];
  /** Where the config has none: the text part of a multimodal model is written without what its class has as defaults. */
  readonly hiddenSize: number;
}

/** Throws `ConfigError` naming the key. */
export function lfm2Config(outer: ConfigReader, family: Lfm2Family): Lfm2Config {
  const c = textConfig(outer);
  c.oneOf('hidden_act', ['silu'], { default: 'silu' });
  if (!c.boolean('block_use_swiglu', { default: true })) throw c.error('block_use_swiglu', 'true: MLPs without a gate are not supported for LFM2');
  const hiddenSize = c.integer('hidden_size', { min: 1, default: family.hiddenSize });
  const heads = c.integer('num_attention_heads', { min: 1, default: 32 });
  const headDim = c.has('head_dim') ? headDimension(c, 'head_dim') : sharedHeadDimension(c, 'num_attention_heads', heads, hiddenSize);
  // Configs from before transformers knew the model say `theta`, `tie_embedding`, `block_ff_dim`.
  const rotary = readRotary(c, headDim, { layerType: 'full_attention', thetaKey: c.has('rope_theta') ? 'rope_theta' : 'theta', theta: 1e6 });
  const tied = (c.has('tie_word_embeddings') ? c : outer).boolean('tie_word_embeddings', { default: true });
  const layers = layerCount(c, 'num_hidden_layers', { default: 32 });
  const kinds = layerKinds(c, layers);
  return {
    vocabularySize: vocabularySize(c, { default: 65_536 }),
    maxPositions: c.integer('max_position_embeddings', { min: 1, default: 128_000 }),
    hiddenSize,
    heads,
    kvHeads: headGroups(c, 'num_key_value_heads', heads, { default: 8 }),
    headDim,
    eps: c.number('norm_eps', { min: 0, default: 1e-5 }),
    projectionBias: false,
    outputBias: false,
    qkNorm: true,
    gated: false,
    names: { output: 'out_proj', qNorm: 'q_layernorm', kNorm: 'k_layernorm' },
    rotary,
    rotaryDim: rotary.rotaryDim,
    convKernel: c.integer('conv_L_cache', { min: 2, default: 3 }),
    convBias: c.boolean('conv_bias', { default: false }),
    tied: c.boolean('tie_embedding', { default: tied }),
    layers: family.mlps(c, layers).map((own, i) => ({ kind: kinds[i], mlp: own })),
  };
}

function convWeights(prefix: string, { hiddenSize, convKernel, convBias }: Lfm2Config) {
  const bias = (name: string, length: number) => (convBias ? vector(`${prefix}.${name}.bias`, length) : undefined);
  return {
    input: matrix(`${prefix}.in_proj.weight`, 3 * hiddenSize, hiddenSize),
    inputBias: bias('in_proj', 3 * hiddenSize),
    conv: vector(`${prefix}.conv.weight`, hiddenSize * convKernel, { shape: [hiddenSize, 1, convKernel] }),
    convBias: bias('conv', hiddenSize),
    output: matrix(`${prefix}.out_proj.weight`, hiddenSize, hiddenSize),
    outputBias: bias('out_proj', hiddenSize),
  };
}

/** residual + out_proj(C ⊙ conv(B ⊙ x)), with [B | C | x] = in_proj(normed). */
function gatedConv(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof convWeights>>, c: Lfm2Config): Tensor {
  const projection = ops.linear(normed, w.input, w.inputBias ? { bias: w.inputBias } : {});
  const state = { kind: 'conv', channels: c.hiddenSize, kernelSize: c.convKernel } as const;
  const mixed = ops.shortConv(projection, { state, weight: w.conv, ...(w.convBias && { bias: w.convBias }), activation: 'none', gated: true });
  return ops.linear(mixed, w.output, { residual, ...(w.outputBias && { bias: w.outputBias }) });
}

export function lfm2Weights(c: Lfm2Config, context: number, stored: StoredModules) {
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    rotaryTable: computed('rotary table', rotaryTable(c.rotary, context)),
    layers: c.layers.map(({ kind, mlp: own }, i) => ({
      mixerNorm: vector(`model.layers.${i}.operator_norm.weight`, c.hiddenSize),
      attention: kind === 'full_attention' ? attentionWeights(`model.layers.${i}.self_attn`, c) : undefined,
      conv: kind === 'conv' ? convWeights(`model.layers.${i}.conv`, c) : undefined,
      mlpNorm: vector(`model.layers.${i}.ffn_norm.weight`, c.hiddenSize),
      mlp: typeof own === 'number' ? mlpWeights(`model.layers.${i}.feed_forward`, c.hiddenSize, own, false, W_NAMES) : undefined,
      experts: typeof own === 'number' ? undefined : own.weights(`model.layers.${i}.feed_forward`, c.hiddenSize, stored),
    })),
    norm: vector('model.embedding_norm.weight', c.hiddenSize),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

export function lfm2Forward(ops: Ops, w: Loaded<ReturnType<typeof lfm2Weights>>, c: Lfm2Config): Tensor {
  let x = ops.embedding(w.embedding);
  w.layers.forEach((layer, i) => {
    const { mlp: own } = c.layers[i];
    const normed = ops.rmsNorm(x, layer.mixerNorm, c.eps);
    if (layer.attention) x = attention(ops, normed, x, layer.attention, c, { rotaryTable: w.rotaryTable });
    else if (layer.conv) x = gatedConv(ops, normed, x, layer.conv, c);
    const forMlp = ops.rmsNorm(x, layer.mlpNorm, c.eps);
    if (layer.mlp) x = mlp(ops, forMlp, x, layer.mlp);
    else if (layer.experts && typeof own !== 'number') x = own.forward(ops, forMlp, x, layer.experts);
  });
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding);
}

/** Of models without experts. What goes into a convolution's output matrix comes from three places. */
export function lfm2Scalings(c: Lfm2Config): Scaling[] {
  return c.layers.flatMap(({ kind, mlp: width }, i) => {
    const layer = `model.layers.${i}`;
    const norm = `${layer}.operator_norm.weight`;
    const mixer = kind === 'conv' ? [normScaling(norm, [`${layer}.conv.in_proj.weight`], c.hiddenSize)] : attentionScalings(`${layer}.self_attn`, norm, c);
    return typeof width === 'number' ? [...mixer, ...mlpScalings(`${layer}.feed_forward`, `${layer}.ffn_norm.weight`, c.hiddenSize, width, false, { names: W_NAMES })] : mixer;
  });
}

/** The vision tower of an `lfm2_vl` checkpoint is not read. */
export function lfm2Name(name: string, c: Lfm2Config): string | undefined {
  if (/^(model\.)?(vision_tower|multi_modal_projector)\./.test(name)) return undefined;
  return transformerName(name.replace(/^model\.language_model\./, 'model.'), c);
}
