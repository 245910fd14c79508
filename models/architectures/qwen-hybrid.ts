import { rotaryTable, type RotaryParameters } from '../../engine/rotary/rotary-table.ts';
import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { readRotary } from '../config/read-rotary.ts';
import { computed, matrix, vector, type Loaded } from '../weights/spec.ts';
import type { StoredModules } from '../weights/stored-modules.ts';
import type { ModelDimensions } from './architecture.ts';
import { attention, attentionScalings, attentionWeights, type AttentionConfig } from './attention.ts';
import { headDimension, headGroups, layerCount, layerTypes, textConfig, vocabularySize } from './dimensions.ts';
import type { Experts } from './experts.ts';
import { deltaNet, deltaNetScalings, deltaNetWeights, readDeltaNet, type DeltaNetConfig } from './gated-delta-net.ts';
import { mlp, mlpScalings, mlpWeights } from './mlp.ts';
import type { Scaling } from './scaling.ts';
import { transformerName } from './transformer.ts';

/** Layers of Gated DeltaNet, every few one of gated softmax attention: Qwen3-Next and Qwen3.5. */
export interface QwenHybridConfig extends ModelDimensions, AttentionConfig, DeltaNetConfig {
  readonly tied: boolean;
  readonly rotary: RotaryParameters;
  readonly layers: readonly {
    /** Softmax attention rather than the gated delta rule. */
    readonly full: boolean;
    /** An MLP as wide as that, or what stands in its place. */
    readonly mlp: number | Experts;
  }[];
}

/** What the families decide for themselves. */
export interface QwenHybridFamily {
  readonly projections: DeltaNetConfig['delta']['projections'];
  /** Of each layer. */
  readonly mlps: (c: ConfigReader, layers: number) => (number | Experts)[];
  /** Where the config has no key for it: the text part of a multimodal model is written without what its class has as defaults. */
  readonly defaults: { readonly vocabularySize: number; readonly hiddenSize: number; readonly layers: number; readonly kvHeads: number };
}

/** Throws `ConfigError` naming the key. */
export function qwenHybridConfig(outer: ConfigReader, { projections, mlps, defaults }: QwenHybridFamily): QwenHybridConfig {
  const c = textConfig(outer);
  c.oneOf('hidden_act', ['silu'], { default: 'silu' });
  const layers = layerCount(c, 'num_hidden_layers', { default: defaults.layers });
  const interval = c.integer('full_attention_interval', { min: 1, default: 4 });
  const types = layerTypes(c, layers, ['linear_attention', 'full_attention']);
  const heads = c.integer('num_attention_heads', { min: 1, default: 16 });
  const headDim = headDimension(c, 'head_dim', { default: 256 });
  const rotary = readRotary(c, headDim, { partial: 0.25 });
  const bias = c.boolean('attention_bias', { default: false });
  return {
    vocabularySize: vocabularySize(c, { default: defaults.vocabularySize }),
    maxPositions: c.integer('max_position_embeddings', { min: 1, default: 32768 }),
    hiddenSize: c.integer('hidden_size', { min: 1, default: defaults.hiddenSize }),
    heads,
    kvHeads: headGroups(c, 'num_key_value_heads', heads, { default: defaults.kvHeads }),
    headDim,
    eps: c.number('rms_norm_eps', { min: 0, default: 1e-6 }),
    projectionBias: bias,
    outputBias: bias,
    qkNorm: true,
    gated: true,
    rotary,
    rotaryDim: rotary.rotaryDim,
    delta: readDeltaNet(c, projections),
    tied: (c.has('tie_word_embeddings') ? c : outer).boolean('tie_word_embeddings', { default: false }),
    layers: mlps(c, layers).map((own, i) => ({ full: types ? types[i] === 'full_attention' : (i + 1) % interval === 0, mlp: own })),
  };
}

/** These models' RMSNorms multiply by 1 + w; only the norm inside the delta rule's mixer multiplies by w. */
const plusOne = (value: number): number => 1 + value;

export function qwenHybridWeights(c: QwenHybridConfig, context: number, stored: StoredModules) {
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    rotaryTable: computed('rotary table', rotaryTable(c.rotary, context)),
    layers: c.layers.map((layer, i) => ({
      inputNorm: vector(`model.layers.${i}.input_layernorm.weight`, c.hiddenSize, { map: plusOne }),
      attention: layer.full ? attentionWeights(`model.layers.${i}.self_attn`, c, plusOne) : undefined,
      delta: layer.full ? undefined : deltaNetWeights(`model.layers.${i}.linear_attn`, c),
      mlpNorm: vector(`model.layers.${i}.post_attention_layernorm.weight`, c.hiddenSize, { map: plusOne }),
      mlp: typeof layer.mlp === 'number' ? mlpWeights(`model.layers.${i}.mlp`, c.hiddenSize, layer.mlp, false) : undefined,
      experts: typeof layer.mlp === 'number' ? undefined : layer.mlp.weights(`model.layers.${i}.mlp`, c.hiddenSize, stored),
    })),
    norm: vector('model.norm.weight', c.hiddenSize, { map: plusOne }),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

export function qwenHybridForward(ops: Ops, w: Loaded<ReturnType<typeof qwenHybridWeights>>, c: QwenHybridConfig): Tensor {
  let x = ops.embedding(w.embedding);
  w.layers.forEach((layer, i) => {
    const { mlp: own } = c.layers[i];
    const normed = ops.rmsNorm(x, layer.inputNorm, c.eps);
    if (layer.attention) x = attention(ops, normed, x, layer.attention, c, { rotaryTable: w.rotaryTable });
    else if (layer.delta) x = deltaNet(ops, normed, x, layer.delta, c);
    const forMlp = ops.rmsNorm(x, layer.mlpNorm, c.eps);
    if (layer.mlp) x = mlp(ops, forMlp, x, layer.mlp);
    else if (layer.experts && typeof own !== 'number') x = own.forward(ops, forMlp, x, layer.experts);
  });
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding);
}

/** Of models whose projections are apart and whose layers have an MLP each. */
export function qwenHybridScalings(c: QwenHybridConfig): Scaling[] {
  return c.layers.flatMap(({ full, mlp: own }, i) => {
    const layer = `model.layers.${i}`;
    const [inputNorm, mlpNorm] = [`${layer}.input_layernorm.weight`, `${layer}.post_attention_layernorm.weight`];
    const mixer = full ? attentionScalings(`${layer}.self_attn`, inputNorm, c, { plusOne: true }) : deltaNetScalings(`${layer}.linear_attn`, inputNorm, c, { plusOne: true });
    return typeof own === 'number' ? [...mixer, ...mlpScalings(`${layer}.mlp`, mlpNorm, c.hiddenSize, own, false, { plusOne: true })] : mixer;
  });
}

/** The vision tower and the multi-token-prediction head are not read. */
export function qwenHybridName(name: string, c: QwenHybridConfig): string | undefined {
  if (/^(model\.)?visual\./.test(name) || name.startsWith('mtp.')) return undefined;
  return transformerName(name.replace(/^model\.language_model\./, 'model.'), c);
}
