import type { ConfigReader } from '../config/config-reader.ts';
import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { matrix, vector, type Loaded } from '../weights/spec.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { layerCount, sharedHeadDimension, vocabularySize } from './dimensions.ts';

interface Gpt2Config extends ModelDimensions {
  readonly hiddenSize: number;
  readonly heads: number;
  readonly headDim: number;
  readonly layers: number;
  readonly innerSize: number;
  readonly eps: number;
  readonly activation: 'gelu-tanh' | 'gelu';
  /** Of each layer's scores. */
  readonly scales: readonly number[];
  readonly tied: boolean;
}

const ACTIVATIONS = { gelu_new: 'gelu-tanh', gelu_pytorch_tanh: 'gelu-tanh', gelu: 'gelu' } as const;

function parse(c: ConfigReader): Gpt2Config {
  const hiddenSize = c.integer('n_embd', { min: 1 });
  const heads = c.integer('n_head', { min: 1 });
  const headDim = sharedHeadDimension(c, 'n_head', heads, hiddenSize);
  const layers = layerCount(c, 'n_layer');
  const scaled = c.boolean('scale_attn_weights', { default: true }) ? headDim ** -0.5 : 1;
  const byLayer = c.boolean('scale_attn_by_inverse_layer_idx', { default: false });
  return {
    vocabularySize: vocabularySize(c),
    maxPositions: c.integer('n_positions', { min: 1, default: 1024 }),
    hiddenSize,
    heads,
    headDim,
    layers,
    innerSize: c.integer('n_inner', { min: 1, default: 4 * hiddenSize }),
    eps: c.number('layer_norm_epsilon', { min: 0, default: 1e-5 }),
    activation: ACTIVATIONS[c.oneOf('activation_function', ['gelu_new', 'gelu_pytorch_tanh', 'gelu'], { default: 'gelu_new' })],
    scales: Array.from({ length: layers }, (_, i) => (byLayer ? scaled / (i + 1) : scaled)),
    tied: c.boolean('tie_word_embeddings', { default: true }),
  };
}

function weights(c: Gpt2Config) {
  // Conv1D stores [inputs, outputs].
  const conv1d = (name: string, outputs: number, inputs: number) => ({ weight: matrix(`${name}.weight`, outputs, inputs, { transposed: true }), bias: vector(`${name}.bias`, outputs) });
  const norm = (name: string) => ({ weight: vector(`${name}.weight`, c.hiddenSize), bias: vector(`${name}.bias`, c.hiddenSize) });
  return {
    tokens: matrix('wte.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    positions: matrix('wpe.weight', c.maxPositions, c.hiddenSize, { role: 'dense' }),
    layers: Array.from({ length: c.layers }, (_, i) => ({
      attentionNorm: norm(`h.${i}.ln_1`),
      projection: conv1d(`h.${i}.attn.c_attn`, 3 * c.hiddenSize, c.hiddenSize),
      output: conv1d(`h.${i}.attn.c_proj`, c.hiddenSize, c.hiddenSize),
      mlpNorm: norm(`h.${i}.ln_2`),
      up: conv1d(`h.${i}.mlp.c_fc`, c.innerSize, c.hiddenSize),
      down: conv1d(`h.${i}.mlp.c_proj`, c.hiddenSize, c.innerSize),
    })),
    norm: norm('ln_f'),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: Gpt2Config): Tensor {
  let x = ops.positionEmbedding(ops.embedding(w.tokens), w.positions);
  w.layers.forEach((layer, i) => {
    const projection = ops.linear(ops.layerNorm(x, layer.attentionNorm.weight, layer.attentionNorm.bias, c.eps), layer.projection.weight, { bias: layer.projection.bias });
    const mixed = ops.softmaxAttention(projection, { state: { kind: 'kv', kvHeads: c.heads, headDim: c.headDim }, heads: c.heads, scale: c.scales[i] });
    x = ops.linear(mixed, layer.output.weight, { bias: layer.output.bias, residual: x });
    const hidden = ops.linear(ops.layerNorm(x, layer.mlpNorm.weight, layer.mlpNorm.bias, c.eps), layer.up.weight, { bias: layer.up.bias, activation: c.activation });
    x = ops.linear(hidden, layer.down.weight, { bias: layer.down.bias, residual: x });
  });
  return ops.linear(ops.layerNorm(ops.outputRows(x), w.norm.weight, w.norm.bias, c.eps), w.head ?? w.tokens);
}

/** Checkpoints come with and without the `transformer.` prefix; the causal masks saved beside the weights are not read. */
function canonicalName(name: string, c: Gpt2Config): string | undefined {
  if (/\.attn\.(masked_)?bias$/.test(name) || (c.tied && name === 'lm_head.weight')) return undefined;
  return name.replace(/^transformer\./, '');
}

/** GPT-2 (Radford et al. 2019): learned positions, LayerNorm, biases everywhere, one fused q, k, v projection. */
export const gpt2 = register({ parse, weights, canonicalName, forward });
