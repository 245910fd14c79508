import { rotaryTable, type RotaryParameters } from '../../engine/rotary/rotary-table.ts';
import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { readRotary } from '../config/read-rotary.ts';
import { alternating } from '../weights/row-orders.ts';
import { computed, matrix, vector, type Loaded } from '../weights/spec.ts';
import type { StoredModules } from '../weights/stored-modules.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { attention, attentionScalings, attentionWeights, type AttentionConfig } from './attention.ts';
import { headDimension, headGroups, layerCount, sharedHeadDimension, vocabularySize } from './dimensions.ts';
import type { ExpertsLayout } from './expert-layouts.ts';
import { expertCounts, experts, type Experts } from './experts.ts';
import { attendingLayers, mamba2Config } from './mamba2-config.ts';
import { mamba2Mixer, mamba2Scalings, mamba2Weights, type Mamba2Config } from './mamba2-mixer.ts';
import type { Scaling } from './scaling.ts';
import { transformerName } from './transformer.ts';

interface GraniteHybridConfig extends ModelDimensions, AttentionConfig {
  readonly mamba: Mamba2Config;
  /** Per layer: softmax attention rather than a Mamba-2 mixer. */
  readonly attending: readonly boolean[];
  /** Of the MLP that every token takes. */
  readonly sharedSize: number;
  /** Beside that MLP, where there are any. */
  readonly experts: Experts | undefined;
  /** Absent: attention does not rotate. */
  readonly rotary: RotaryParameters | undefined;
  readonly embeddingMultiplier: number;
  readonly residualMultiplier: number;
  /** Logits are divided by it. */
  readonly logitsScaling: number;
  readonly tied: boolean;
}

function parse(c: ConfigReader): GraniteHybridConfig {
  c.oneOf('hidden_act', ['silu'], { default: 'silu' });
  const hiddenSize = c.integer('hidden_size', { min: 1, default: 4096 });
  const heads = c.integer('num_attention_heads', { min: 1, default: 32 });
  const headDim = c.has('head_dim') ? headDimension(c, 'head_dim') : sharedHeadDimension(c, 'num_attention_heads', heads, hiddenSize);
  const rotary = c.optionalString('position_embedding_type') === 'rope' ? readRotary(c, headDim) : undefined;
  const bias = c.boolean('attention_bias', { default: false });
  const eps = c.number('rms_norm_eps', { min: 0, default: 1e-6 });
  const residualMultiplier = c.number('residual_multiplier', { default: 1 });
  return {
    vocabularySize: vocabularySize(c),
    maxPositions: c.integer('max_position_embeddings', { min: 1, default: 2048 }),
    hiddenSize,
    heads,
    kvHeads: headGroups(c, 'num_key_value_heads', heads, { default: heads }),
    headDim,
    eps,
    projectionBias: bias,
    outputBias: bias,
    qkNorm: false,
    gated: false,
    rotary,
    rotaryDim: rotary?.rotaryDim ?? 0,
    scale: c.number('attention_multiplier', { default: 1 }),
    outputScale: residualMultiplier,
    // The norm is over the whole width, however many groups share B and C.
    mamba: { ...mamba2Config(c, hiddenSize), norm: { groups: 1, eps, order: 'gate-first' } },
    attending: attendingLayers(c, layerCount(c)),
    experts: c.integer('num_local_experts', { default: 8 }) > 0 ? graniteExperts(c, residualMultiplier) : undefined,
    sharedSize: c.integer('shared_intermediate_size', { min: 1, default: 1024 }),
    embeddingMultiplier: c.number('embedding_multiplier', { default: 1 }),
    residualMultiplier,
    logitsScaling: c.number('logits_scaling', { min: 1e-6, default: 1 }),
    tied: c.boolean('tie_word_embeddings', { default: false }),
  };
}

const LAYOUT: ExpertsLayout = { kind: 'fused', gateUp: 'input_linear.weight', down: 'output_linear.weight', rows: 'halves', transposed: false };

/** `scale`: of what they add to the residual stream. */
function graniteExperts(c: ConfigReader, scale: number): Experts {
  return experts({
    ...expertCounts(c, 'num_local_experts', { count: 8, perToken: 2 }),
    intermediateSize: c.integer('intermediate_size', { min: 1, default: 11_008 }),
    scoring: { kind: 'softmax', renormalised: true, scale },
    activation: { kind: 'silu' },
    router: 'router.layer',
    bias: false,
    layouts: [LAYOUT],
  });
}

/** The rows of `input_linear` are [gate; up]. */
function sharedMlpWeights(prefix: string, { hiddenSize, sharedSize }: GraniteHybridConfig) {
  return {
    gateUp: matrix(`${prefix}.input_linear.weight`, 2 * sharedSize, hiddenSize, { order: alternating(2 * sharedSize) }),
    down: matrix(`${prefix}.output_linear.weight`, hiddenSize, sharedSize),
  };
}

function weights(c: GraniteHybridConfig, context: number, stored: StoredModules) {
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    rotaryTable: c.rotary && computed('rotary table', rotaryTable(c.rotary, context)),
    layers: c.attending.map((attending, i) => ({
      inputNorm: vector(`model.layers.${i}.input_layernorm.weight`, c.hiddenSize),
      attention: attending ? attentionWeights(`model.layers.${i}.self_attn`, c) : undefined,
      mamba: attending ? undefined : mamba2Weights(`model.layers.${i}.mamba`, c.mamba),
      mlpNorm: vector(`model.layers.${i}.post_attention_layernorm.weight`, c.hiddenSize),
      mlp: sharedMlpWeights(`model.layers.${i}.shared_mlp`, c),
      experts: c.experts?.weights(`model.layers.${i}.block_sparse_moe`, c.hiddenSize, stored),
    })),
    norm: vector('model.norm.weight', c.hiddenSize),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

function scalings(c: GraniteHybridConfig): Scaling[] {
  return c.attending.flatMap((attending, i) => {
    const layer = `model.layers.${i}`;
    const norm = `${layer}.input_layernorm.weight`;
    return attending ? attentionScalings(`${layer}.self_attn`, norm, c) : mamba2Scalings(`${layer}.mamba`, norm, c.mamba);
  });
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: GraniteHybridConfig): Tensor {
  let x = ops.scale(ops.embedding(w.embedding), c.embeddingMultiplier);
  for (const layer of w.layers) {
    const normed = ops.rmsNorm(x, layer.inputNorm, c.eps);
    if (layer.attention) x = attention(ops, normed, x, layer.attention, c, w.rotaryTable ? { rotaryTable: w.rotaryTable } : {});
    else if (layer.mamba) x = mamba2Mixer(ops, normed, layer.mamba, c.mamba, { scale: c.residualMultiplier, residual: x });
    const hidden = ops.rmsNorm(x, layer.mlpNorm, c.eps);
    x = ops.gatedMlp(hidden, layer.mlp.gateUp, layer.mlp.down, { activation: 'silu', scale: c.residualMultiplier, residual: x });
    if (layer.experts && c.experts) x = c.experts.forward(ops, hidden, x, layer.experts);
  }
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding, { scale: 1 / c.logitsScaling });
}

/** Granite 4 (IBM): Mamba-2 mixers or softmax attention, most often without rotation, and fixed multipliers on what layers add (μP, arXiv:2203.03466). */
export const graniteMoeHybrid = register({ parse, weights, canonicalName: transformerName, scalings, forward });
