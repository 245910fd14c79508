import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { rotaryTable, type RotaryParameters } from '../../engine/rotary/rotary-table.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { readRotary } from '../config/read-rotary.ts';
import { computed, concatenated, matrix, stacked, vector, type Loaded } from '../weights/spec.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { attention, attentionScalings, attentionWeights, type AttentionConfig } from './attention.ts';
import { headDimension, headGroups, layerCount, sharedHeadDimension, vocabularySize } from './dimensions.ts';
import { mlp, mlpScalings, mlpWeights } from './mlp.ts';
import { normScaling, type Scaling } from './scaling.ts';
import { transformerName } from './transformer.ts';

interface RecurrentGemmaConfig extends ModelDimensions, AttentionConfig {
  /** Channels of the recurrence. */
  readonly lruWidth: number;
  readonly convKernel: number;
  readonly intermediateSize: number;
  readonly rotary: RotaryParameters;
  readonly window: number;
  readonly logitCap: number;
  readonly tied: boolean;
  readonly layers: readonly ('recurrent' | 'attention')[];
}

function parse(c: ConfigReader): RecurrentGemmaConfig {
  c.oneOf('hidden_activation', ['gelu_pytorch_tanh'], { default: 'gelu_pytorch_tanh' });
  const hiddenSize = c.integer('hidden_size', { min: 1 });
  const heads = c.integer('num_attention_heads', { min: 1 });
  const headDim = c.has('head_dim') ? headDimension(c, 'head_dim') : sharedHeadDimension(c, 'num_attention_heads', heads, hiddenSize);
  const lruWidth = c.integer('lru_width', { min: 1, default: hiddenSize });
  if (lruWidth % heads !== 0) throw c.error('lru_width', `a multiple of the ${heads} heads that its gates have`);
  const blocks = c.has('block_types') ? c.eachOneOf('block_types', ['recurrent', 'attention']) : (['recurrent', 'recurrent', 'attention'] as const);
  if (blocks.length === 0) throw c.error('block_types', 'a list of at least one');
  const rotary = readRotary(c, headDim, { partial: 0.5 });
  return {
    vocabularySize: vocabularySize(c),
    // Nothing in the config bounds it; this is what the published models were trained on (arXiv:2404.07839, section 2).
    maxPositions: c.integer('max_position_embeddings', { min: 1, default: 8192 }),
    hiddenSize,
    heads,
    kvHeads: headGroups(c, 'num_key_value_heads', heads, { default: heads }),
    headDim,
    eps: c.number('rms_norm_eps', { min: 0, default: 1e-6 }),
    projectionBias: c.boolean('attention_bias', { default: false }),
    outputBias: true,
    qkNorm: false,
    gated: false,
    rotary,
    rotaryDim: rotary.rotaryDim,
    window: c.integer('attention_window_size', { min: 1, default: 2048 }),
    lruWidth,
    convKernel: c.integer('conv1d_width', { min: 2, default: 4 }),
    intermediateSize: Math.floor(c.integer('intermediate_size', { min: 2 }) / 2),
    logitCap: c.number('logits_soft_cap', { min: 1e-6, default: 30 }),
    tied: c.boolean('tie_word_embeddings', { default: true }),
    layers: Array.from({ length: layerCount(c) }, (_, i) => blocks[i % blocks.length]),
  };
}

/** Gemma's RMSNorms multiply by 1 + w. */
const plusOne = (value: number): number => 1 + value;

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

function recurrentWeights(prefix: string, { hiddenSize, lruWidth, heads, convKernel }: RecurrentGemmaConfig) {
  const headDim = lruWidth / heads;
  const bias = (name: string, length = lruWidth) => vector(`${prefix}.${name}.bias`, length);
  const gateBias = (name: string) => vector(`${prefix}.rg_lru.${name}_bias`, lruWidth, { shape: [heads, headDim] });
  const gateWeight = (name: string) => vector(`${prefix}.rg_lru.${name}_weight`, lruWidth * headDim, { shape: [heads, headDim, headDim] });
  return {
    projection: stacked(`${prefix}.linear_xy`, [[`${prefix}.linear_x.weight`, lruWidth], [`${prefix}.linear_y.weight`, lruWidth]], hiddenSize),
    projectionBias: concatenated(`${prefix}.linear_xy.bias`, [bias('linear_x'), bias('linear_y')]),
    conv: vector(`${prefix}.conv_1d.weight`, lruWidth * convKernel, { shape: [lruWidth, 1, convKernel] }),
    convBias: bias('conv_1d'),
    gateWeights: concatenated(`${prefix}.rg_lru.gate_weights`, [gateWeight('input_gate'), gateWeight('recurrent_gate')]),
    parameters: concatenated(`${prefix}.rg_lru.parameters`, [
      gateBias('input_gate'),
      gateBias('recurrent_gate'),
      vector(`${prefix}.rg_lru.recurrent_param`, lruWidth, { map: (lambda) => -8 * softplus(lambda) }),
    ]),
    output: matrix(`${prefix}.linear_out.weight`, hiddenSize, lruWidth),
    outputBias: bias('linear_out', hiddenSize),
  };
}

/** The recurrent block of Griffin (De et al. 2024, arXiv:2402.19427, section 2.3): residual + linear_out(rgLru(conv(x)) ⊙ gelu(y)). */
function recurrentBlock(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof recurrentWeights>>, c: RecurrentGemmaConfig): Tensor {
  const projection = ops.linear(normed, w.projection, { bias: w.projectionBias });
  const x = ops.shortConv(projection, { state: { kind: 'conv', channels: c.lruWidth, kernelSize: c.convKernel }, weight: w.conv, bias: w.convBias, activation: 'none' });
  const mixed = ops.rgLru(x, {
    state: { kind: 'diagonal', channels: c.lruWidth, stateSize: 1 },
    heads: c.heads,
    gateWeights: w.gateWeights,
    parameters: w.parameters,
    gate: projection,
    gateOffset: c.lruWidth,
  });
  return ops.linear(mixed, w.output, { bias: w.outputBias, residual });
}

function weights(c: RecurrentGemmaConfig, context: number) {
  const norm = (name: string) => vector(`${name}.weight`, c.hiddenSize, { map: plusOne });
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    rotaryTable: computed('rotary table', rotaryTable(c.rotary, context)),
    layers: c.layers.map((kind, i) => ({
      mixerNorm: norm(`model.layers.${i}.temporal_pre_norm`),
      attention: kind === 'attention' ? attentionWeights(`model.layers.${i}.temporal_block`, c) : undefined,
      recurrent: kind === 'recurrent' ? recurrentWeights(`model.layers.${i}.temporal_block`, c) : undefined,
      mlpNorm: norm(`model.layers.${i}.channel_pre_norm`),
      mlp: mlpWeights(`model.layers.${i}.mlp_block`, c.hiddenSize, c.intermediateSize, true),
    })),
    norm: norm('model.final_norm'),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

/** The recurrence's gates stand between linear_x and linear_out. */
function scalings(c: RecurrentGemmaConfig): Scaling[] {
  return c.layers.flatMap((kind, i) => {
    const [layer, plusOne] = [`model.layers.${i}`, true];
    const [mixer, norm] = [`${layer}.temporal_block`, `${layer}.temporal_pre_norm.weight`];
    return [
      ...(kind === 'attention' ? attentionScalings(mixer, norm, c, { plusOne }) : [normScaling(norm, [`${mixer}.linear_x.weight`, `${mixer}.linear_y.weight`], c.hiddenSize, { plusOne })]),
      ...mlpScalings(`${layer}.mlp_block`, `${layer}.channel_pre_norm.weight`, c.hiddenSize, c.intermediateSize, true, { plusOne }),
    ];
  });
}

/** `value` in bfloat16, of which eight bits are digits. */
function toBfloat16(value: number): number {
  const unit = 2 ** (Math.floor(Math.log2(value)) - 7);
  return Math.round(value / unit) * unit;
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: RecurrentGemmaConfig): Tensor {
  // transformers keeps this factor in bfloat16 whatever it computes in, and takes no notice of `embeddings_scale_by_sqrt_dim`.
  let x = ops.scale(ops.embedding(w.embedding), toBfloat16(Math.sqrt(c.hiddenSize)));
  for (const layer of w.layers) {
    const normed = ops.rmsNorm(x, layer.mixerNorm, c.eps);
    if (layer.attention) x = attention(ops, normed, x, layer.attention, c, { rotaryTable: w.rotaryTable, window: c.window });
    else if (layer.recurrent) x = recurrentBlock(ops, normed, x, layer.recurrent, c);
    x = mlp(ops, ops.rmsNorm(x, layer.mlpNorm, c.eps), x, layer.mlp, { activation: 'gelu-tanh' });
  }
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding, { softCap: c.logitCap });
}

/** RecurrentGemma (arXiv:2404.07839), which is Griffin: two layers with an RG-LRU to one of attention in a sliding window. */
export const recurrentGemma = register({ parse, weights, canonicalName: transformerName, scalings, forward });
