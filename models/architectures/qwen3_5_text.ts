import { rotaryTable, type RotaryParameters } from '../../engine/rotary/rotary-table.ts';
import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { readRotary } from '../config/read-rotary.ts';
import { computed, concatenated, matrix, stacked, vector, type Loaded } from '../weights/spec.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { attention, attentionScalings, attentionWeights, type AttentionConfig } from './attention.ts';
import { headDimension, headGroups, layerCount, layerTypes, stateDimension, vocabularySize } from './dimensions.ts';
import { mlp, mlpScalings, mlpWeights } from './mlp.ts';
import { normScaling, type Scaling } from './scaling.ts';
import { transformerName } from './transformer.ts';

interface DeltaConfig {
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly convKernel: number;
}

interface Qwen35Config extends ModelDimensions, AttentionConfig {
  readonly delta: DeltaConfig;
  readonly intermediateSize: number;
  readonly tied: boolean;
  readonly rotary: RotaryParameters;
  /** Per layer: softmax attention rather than the gated delta rule. */
  readonly full: readonly boolean[];
}

function parse(outer: ConfigReader): Qwen35Config {
  const c = outer.has('text_config') ? outer.object('text_config') : outer;
  c.oneOf('hidden_act', ['silu'], { default: 'silu' });
  const layers = layerCount(c);
  const interval = c.integer('full_attention_interval', { min: 1, default: 4 });
  const types = layerTypes(c, layers, ['linear_attention', 'full_attention']);
  const heads = c.integer('num_attention_heads', { min: 1 });
  const headDim = headDimension(c, 'head_dim', { default: 256 });
  const rotary = readRotary(c, headDim, { partial: 0.25 });
  const valueHeads = c.integer('linear_num_value_heads', { min: 1 });
  const bias = c.boolean('attention_bias', { default: false });
  return {
    vocabularySize: vocabularySize(c),
    maxPositions: c.integer('max_position_embeddings', { min: 1, default: 32768 }),
    hiddenSize: c.integer('hidden_size', { min: 1 }),
    heads,
    kvHeads: headGroups(c, 'num_key_value_heads', heads),
    headDim,
    eps: c.number('rms_norm_eps', { min: 0, default: 1e-6 }),
    projectionBias: bias,
    outputBias: bias,
    qkNorm: true,
    gated: true,
    rotary,
    rotaryDim: rotary.rotaryDim,
    delta: {
      keyHeads: headGroups(c, 'linear_num_key_heads', valueHeads),
      valueHeads,
      keyDim: stateDimension(c, 'linear_key_head_dim'),
      valueDim: stateDimension(c, 'linear_value_head_dim'),
      convKernel: c.integer('linear_conv_kernel_dim', { min: 2 }),
    },
    intermediateSize: c.integer('intermediate_size', { min: 1 }),
    tied: (c.has('tie_word_embeddings') ? c : outer).boolean('tie_word_embeddings', { default: false }),
    full: Array.from({ length: layers }, (_, i) => (types ? types[i] === 'full_attention' : (i + 1) % interval === 0)),
  };
}

/** Qwen3.5's RMSNorm multiplies by 1 + w; only the norm inside the mixer multiplies by w. */
const plusOne = (value: number): number => 1 + value;

function deltaWeights(prefix: string, { hiddenSize, delta: d }: Qwen35Config) {
  const values = d.valueHeads * d.valueDim;
  const channels = 2 * d.keyHeads * d.keyDim + values;
  return {
    projection: stacked(`${prefix}.in_proj_qkvz`, [[`${prefix}.in_proj_qkv.weight`, channels], [`${prefix}.in_proj_z.weight`, values]], hiddenSize),
    gates: stacked(`${prefix}.in_proj_ba`, [[`${prefix}.in_proj_b.weight`, d.valueHeads], [`${prefix}.in_proj_a.weight`, d.valueHeads]], hiddenSize, 'dense'),
    conv: vector(`${prefix}.conv1d.weight`, channels * d.convKernel, { shape: [channels, 1, d.convKernel] }),
    gateParameters: concatenated(`${prefix}.gate_parameters`, [
      vector(`${prefix}.A_log`, d.valueHeads, { map: (a) => -Math.exp(a) }),
      vector(`${prefix}.dt_bias`, d.valueHeads),
    ]),
    norm: vector(`${prefix}.norm.weight`, d.valueDim),
    output: matrix(`${prefix}.out_proj.weight`, hiddenSize, values),
  };
}

/** Gated DeltaNet (Yang et al. 2024, arXiv:2412.06464) with a short convolution over q, k and v. */
function deltaMixer(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof deltaWeights>>, c: Qwen35Config): Tensor {
  const d = c.delta;
  const channels = 2 * d.keyHeads * d.keyDim + d.valueHeads * d.valueDim;
  const projection = ops.linear(normed, w.projection);
  const gates = ops.linear(normed, w.gates);
  const mixed = ops.shortConv(projection, { state: { kind: 'conv', channels, kernelSize: d.convKernel }, weight: w.conv, activation: 'silu' });
  const read = ops.linearAttention(mixed, {
    state: { kind: 'recurrent', heads: d.valueHeads, keyDim: d.keyDim, valueDim: d.valueDim },
    keyHeads: d.keyHeads,
    normalised: true,
    scale: d.keyDim ** -0.5,
    gating: { kind: 'delta', gates, betaColumn: 0, decayColumn: d.valueHeads, parameters: w.gateParameters, betaScale: 1 },
  });
  const normalised = ops.gatedRmsNorm(read, projection, { heads: d.valueHeads, weight: w.norm, eps: c.eps, gateOffset: channels });
  return ops.linear(normalised, w.output, { residual });
}

function weights(c: Qwen35Config, context: number) {
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    rotaryTable: computed('rotary table', rotaryTable(c.rotary, context)),
    layers: c.full.map((full, i) => ({
      inputNorm: vector(`model.layers.${i}.input_layernorm.weight`, c.hiddenSize, { map: plusOne }),
      attention: full ? attentionWeights(`model.layers.${i}.self_attn`, c, plusOne) : undefined,
      delta: full ? undefined : deltaWeights(`model.layers.${i}.linear_attn`, c),
      mlpNorm: vector(`model.layers.${i}.post_attention_layernorm.weight`, c.hiddenSize, { map: plusOne }),
      mlp: mlpWeights(`model.layers.${i}.mlp`, c.hiddenSize, c.intermediateSize, false),
    })),
    norm: vector('model.norm.weight', c.hiddenSize, { map: plusOne }),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

/** The short convolution and its activation stand between a linear-attention layer's values and its output; its own norm does not. */
function scalings(c: Qwen35Config): Scaling[] {
  return c.full.flatMap((full, i) => {
    const layer = `model.layers.${i}`;
    const [inputNorm, mlpNorm] = [`${layer}.input_layernorm.weight`, `${layer}.post_attention_layernorm.weight`];
    const projections = ['in_proj_qkv', 'in_proj_z', 'in_proj_b', 'in_proj_a'].map((name) => `${layer}.linear_attn.${name}.weight`);
    const mixer = full
      ? attentionScalings(`${layer}.self_attn`, inputNorm, c, { plusOne: true })
      : [normScaling(inputNorm, projections, c.hiddenSize, { plusOne: true }), normScaling(`${layer}.linear_attn.norm.weight`, [`${layer}.linear_attn.out_proj.weight`], c.delta.valueDim, { repeated: true })];
    return [...mixer, ...mlpScalings(`${layer}.mlp`, mlpNorm, c.hiddenSize, c.intermediateSize, false, { plusOne: true })];
  });
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: Qwen35Config): Tensor {
  let x = ops.embedding(w.embedding);
  for (const layer of w.layers) {
    const normed = ops.rmsNorm(x, layer.inputNorm, c.eps);
    if (layer.attention) x = attention(ops, normed, x, layer.attention, c, { rotaryTable: w.rotaryTable });
    else if (layer.delta) x = deltaMixer(ops, normed, x, layer.delta, c);
    x = mlp(ops, ops.rmsNorm(x, layer.mlpNorm, c.eps), x, layer.mlp);
  }
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding);
}

/** The vision tower and the multi-token-prediction head of a `qwen3_5` checkpoint are not read. */
function canonicalName(name: string, c: Qwen35Config): string | undefined {
  if (/^(model\.)?visual\./.test(name) || name.startsWith('mtp.')) return undefined;
  return transformerName(name.replace(/^model\.language_model\./, 'model.'), c);
}

/** Qwen3.5: three layers of Gated DeltaNet to one of gated softmax attention; also the text part of `qwen3_5`. */
export const qwen3_5 = register({ parse, weights, canonicalName, scalings, forward });
