import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { computed, matrix, vector, type Loaded } from '../weights/spec.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { headDimension, layerCount, sharedHeadDimension, vocabularySize } from './dimensions.ts';
import { attentionLayers, flaAttention, flaAttentionWeights, type FlaAttention } from './fla-attention.ts';
import { rwkv7Mixer, rwkv7Weights, type Rwkv7Config as MixerConfig } from './rwkv7-mixer.ts';

interface Rwkv7Config extends ModelDimensions {
  readonly mixer: MixerConfig;
  /** Per layer: softmax attention in place of the time mix. */
  readonly attention: readonly (FlaAttention | undefined)[];
  readonly intermediateSize: number;
  /** Whether the embedding is normalised too. */
  readonly normFirst: boolean;
  readonly normBias: boolean;
  readonly eps: number;
  readonly tied: boolean;
}

/** A rank of fla's own choice (fla/layers/rwkv7.py), where the config says null: Python rounds halves to even numbers. */
function ownRank(thirtySeconds: number): number {
  const below = Math.floor(thirtySeconds);
  const rest = thirtySeconds - below;
  return 32 * Math.max(1, rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below);
}

/** Keys that choose among kernels (`attn_mode`, `fuse_cross_entropy`) are not read; `fuse_norm` also decides how κ is normalised. */
function parse(c: ConfigReader): Rwkv7Config {
  c.oneOf('hidden_act', ['sqrelu'], { default: 'sqrelu' });
  const hiddenSize = c.integer('hidden_size', { min: 1, default: 2048 });
  const headDim = c.has('head_dim') || !c.has('num_heads') ? headDimension(c, 'head_dim', { default: 64 }) : sharedHeadDimension(c, 'num_heads', c.integer('num_heads', { min: 1 }), hiddenSize);
  if (hiddenSize % headDim !== 0) throw c.error('head_dim', `a divisor of the hidden size (${hiddenSize})`);
  const attention = attentionLayers(c, layerCount(c, 'num_hidden_layers', { default: 24 }), hiddenSize);
  if (attention[0]) throw c.error('attn', 'layers after the first, whose values those of the others are drawn towards');
  // One for all layers, or one each.
  if ([c.raw('value_dim') ?? hiddenSize].flat().some((value) => value !== hiddenSize)) throw c.error('value_dim', `the hidden size (${hiddenSize}): wider values are not supported`);
  const rank = (key: string, usual: number, own: number): number => (c.keys().includes(key) && !c.has(key) ? ownRank((own * Math.sqrt(hiddenSize)) / 32) : c.integer(key, { min: 1, default: usual }));
  const eps = c.number('norm_eps', { min: 0, default: 1e-5 });
  const ratio = c.number('hidden_ratio', { min: 0, default: 4 });
  const intermediateSize = c.integer('intermediate_size', { min: 1, default: 32 * Math.ceil(Math.trunc(hiddenSize * ratio) / 32) });
  if (intermediateSize === 0) throw c.error('hidden_ratio', 'a positive number');
  return {
    vocabularySize: vocabularySize(c, { default: 32_000 }),
    // Without attention a state holds a text of any length.
    maxPositions: attention.some(Boolean) ? c.integer('max_position_embeddings', { min: 1, default: 2048 }) : Infinity,
    mixer: {
      hiddenSize,
      heads: hiddenSize / headDim,
      headDim,
      ranks: { w: rank('decay_low_rank_dim', 64, (2.5 * headDim) / 64), a: rank('a_low_rank_dim', 64, (2.5 * headDim) / 64), v: rank('v_low_rank_dim', 16, (1.7 * headDim) / 64), g: rank('gate_low_rank_dim', 128, 5) },
      headEps: headDim * eps,
      kappaEps: c.boolean('fuse_norm', { default: true }) ? 1e-6 : 0,
    },
    attention,
    intermediateSize,
    normFirst: c.boolean('norm_first', { default: true }),
    normBias: c.boolean('norm_bias', { default: true }),
    eps,
    tied: c.boolean('tie_word_embeddings', { default: false }),
  };
}

function weights(c: Rwkv7Config, context: number) {
  const { hiddenSize } = c.mixer;
  const norm = (name: string) => ({ weight: vector(`${name}.weight`, hiddenSize), bias: c.normBias ? vector(`${name}.bias`, hiddenSize) : computed(`${name}.bias`, new Float32Array(hiddenSize)) });
  return {
    embedding: matrix('model.embeddings.weight', c.vocabularySize, hiddenSize, { role: 'embedding' }),
    embeddingNorm: c.normFirst ? norm('model.layers.0.pre_norm') : undefined,
    // Of a convolution over two tokens that gives the first.
    previous: computed('previous token', Float32Array.from({ length: 2 * hiddenSize }, (_, i) => (i + 1) % 2)),
    layers: flaAttentionWeights(c.attention, context).map((attention, i) => ({
      mixerNorm: norm(`model.layers.${i}.attn_norm`),
      attention,
      mixer: attention ? undefined : rwkv7Weights(`model.layers.${i}.attn`, c.mixer, i === 0),
      mlpNorm: norm(`model.layers.${i}.ffn_norm`),
      shift: vector(`model.layers.${i}.ffn.x_k`, hiddenSize),
      key: matrix(`model.layers.${i}.ffn.key.weight`, c.intermediateSize, hiddenSize),
      value: matrix(`model.layers.${i}.ffn.value.weight`, hiddenSize, c.intermediateSize),
    })),
    norm: norm('model.norm'),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, hiddenSize, { role: 'embedding' }),
  };
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: Rwkv7Config): Tensor {
  const normed = (x: Tensor, norm: typeof w.norm): Tensor => ops.layerNorm(x, norm.weight, norm.bias, c.eps);
  const previous = (x: Tensor): Tensor => ops.shortConv(x, { state: { kind: 'conv', channels: c.mixer.hiddenSize, kernelSize: 2 }, weight: w.previous, activation: 'none' });
  let x = ops.embedding(w.embedding);
  if (w.embeddingNorm) x = normed(x, w.embeddingNorm);
  let firstValues: Tensor | undefined;
  w.layers.forEach((layer, i) => {
    const mixing = normed(x, layer.mixerNorm);
    const attending = c.attention[i];
    if (attending && layer.attention) x = flaAttention(ops, mixing, x, layer.attention, attending);
    else if (layer.mixer) {
      const { out, values } = rwkv7Mixer(ops, mixing, previous(mixing), x, layer.mixer, c.mixer, firstValues);
      firstValues ??= values;
      x = out;
    }
    const key = normed(x, layer.mlpNorm);
    const shifted = ops.interpolate(key, { towards: { tensor: previous(key), column: 0 }, by: { weights: layer.shift, first: 0 } });
    x = ops.linear(ops.linear(shifted, layer.key, { activation: 'relu2' }), layer.value, { residual: x });
  });
  return ops.linear(normed(ops.outputRows(x), w.norm), w.head ?? w.embedding);
}

/** The first layer has no values to draw its own towards; files that come from elsewhere may have weights for it all the same. */
function canonicalName(name: string, c: Rwkv7Config): string | undefined {
  if ((c.tied && name === 'lm_head.weight') || name.startsWith('model.layers.0.attn.v_lora.')) return undefined;
  return name;
}

/** RWKV-7 "Goose" (arXiv:2503.14456), as flash-linear-attention stores it (fla/models/rwkv7): a time mix and a squared-ReLU MLP, each of a token and the one before. */
export const rwkv7 = register({ parse, weights, canonicalName, forward });
