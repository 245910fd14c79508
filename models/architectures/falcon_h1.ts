import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { rotaryTable, type RotaryParameters } from '../../engine/rotary/rotary-table.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { readRotary } from '../config/read-rotary.ts';
import { multipliedMatrix, multipliedVector } from '../weights/multiplied.ts';
import { computed, matrix, vector, type Loaded } from '../weights/spec.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { attention, attentionWeights, type AttentionConfig } from './attention.ts';
import { headDimension, headGroups, layerCount, sharedHeadDimension, vocabularySize } from './dimensions.ts';
import { mamba2Config } from './mamba2-config.ts';
import { mamba2Mixer, mamba2Width, mamba2Weights, type Mamba2Config, type ProjectionFactors } from './mamba2-mixer.ts';
import { mlp, mlpWeights } from './mlp.ts';
import { transformerName } from './transformer.ts';

interface FalconH1Config extends ModelDimensions, AttentionConfig {
  readonly mamba: Mamba2Config;
  readonly layers: number;
  readonly intermediateSize: number;
  readonly mlpBias: boolean;
  readonly rotary: RotaryParameters;
  readonly tied: boolean;
  readonly multipliers: Multipliers;
}

/** What nearly everything is multiplied by (Yang et al. 2022, arXiv:2203.03466); attention's output by its `outputScale`. */
interface Multipliers {
  readonly embedding: number;
  readonly logits: number;
  readonly attentionIn: number;
  readonly key: number;
  readonly ssmIn: number;
  readonly ssmOut: number;
  /** Of z, x, B, C and dt. */
  readonly ssm: readonly number[];
  readonly gate: number;
  readonly down: number;
}

function readMultipliers(c: ConfigReader): Multipliers {
  const one = (key: string): number => c.number(key, { default: 1 });
  const list = (key: string, length: number): number[] => {
    const values = c.has(key) ? c.numbers(key) : Array.from({ length }, () => 1);
    if (values.length !== length) throw c.error(key, `a list of ${length} numbers`);
    return values;
  };
  const [gate, down] = list('mlp_multipliers', 2);
  return {
    embedding: one('embedding_multiplier'),
    logits: one('lm_head_multiplier'),
    attentionIn: one('attention_in_multiplier'),
    key: one('key_multiplier'),
    ssmIn: one('ssm_in_multiplier'),
    ssmOut: one('ssm_out_multiplier'),
    ssm: list('ssm_multipliers', 5),
    gate,
    down,
  };
}

function parse(c: ConfigReader): FalconH1Config {
  c.oneOf('hidden_act', ['silu'], { default: 'silu' });
  const hiddenSize = c.integer('hidden_size', { min: 1, default: 4096 });
  const heads = c.integer('num_attention_heads', { min: 1, default: 32 });
  const headDim = c.has('head_dim') ? headDimension(c, 'head_dim') : sharedHeadDimension(c, 'num_attention_heads', heads, hiddenSize);
  const rotary = readRotary(c, headDim);
  const bias = c.boolean('attention_bias', { default: false });
  const eps = c.number('rms_norm_eps', { min: 0, default: 1e-5 });
  // A null says that the key has no value of its own; without the key it has its default.
  const absent = (key: string): boolean => !c.keys().includes(key);
  const width = c.optionalInteger('mamba_d_ssm', { min: 1 }) ?? (absent('mamba_d_ssm') ? 1024 : undefined);
  const mamba = mamba2Config(c, hiddenSize, { heads: 128, stateSize: 256 }, width);
  const order = c.boolean('mamba_norm_before_gate', { default: true }) ? 'norm-first' : 'gate-first';
  return {
    vocabularySize: vocabularySize(c),
    maxPositions: c.integer('max_position_embeddings', { min: 1, default: 8192 }),
    hiddenSize,
    heads,
    kvHeads: headGroups(c, 'num_key_value_heads', heads, { default: absent('num_key_value_heads') ? 8 : heads }),
    headDim,
    eps,
    projectionBias: bias,
    outputBias: bias,
    outputScale: c.number('attention_out_multiplier', { default: 1 }),
    qkNorm: false,
    gated: false,
    rotary,
    rotaryDim: rotary.rotaryDim,
    mamba: {
      ...mamba,
      outputBias: c.boolean('projectors_bias', { default: false }),
      ...(c.boolean('mamba_rms_norm', { default: false }) && { norm: { groups: mamba.groups, eps, order } as const }),
    },
    layers: layerCount(c),
    intermediateSize: c.integer('intermediate_size', { min: 1, default: 14_336 }),
    mlpBias: c.boolean('mlp_bias', { default: false }),
    tied: c.boolean('tie_word_embeddings', { default: false }),
    multipliers: readMultipliers(c),
  };
}

/** Of the rows of in_proj; absent where all are 1. */
function ssmFactors({ mamba, multipliers: { ssmIn, ssm } }: FalconH1Config): ProjectionFactors | undefined {
  if (ssmIn === 1 && ssm.every((factor) => factor === 1)) return undefined;
  const [width, shared] = [mamba2Width(mamba), mamba.groups * mamba.stateSize];
  const ends = [width, 2 * width, 2 * width + shared, 2 * width + 2 * shared];
  return { input: ssmIn, rows: (row) => ssm[ends.filter((end) => end <= row).length] };
}

function layerWeights(prefix: string, c: FalconH1Config) {
  const { attentionIn, key, gate } = c.multipliers;
  const own = attentionWeights(`${prefix}.self_attn`, c);
  const dense = mlpWeights(`${prefix}.feed_forward`, c.hiddenSize, c.intermediateSize, c.mlpBias);
  return {
    inputNorm: vector(`${prefix}.input_layernorm.weight`, c.hiddenSize),
    mamba: mamba2Weights(`${prefix}.mamba`, c.mamba, ssmFactors(c)),
    attention: { ...own, projection: multipliedMatrix(own.projection, [attentionIn, attentionIn * key, attentionIn]), projectionBias: own.projectionBias && multipliedVector(own.projectionBias, [1, key, 1]) },
    mlpNorm: vector(`${prefix}.pre_ff_layernorm.weight`, c.hiddenSize),
    mlp: { ...dense, gateUp: multipliedMatrix(dense.gateUp, [gate, 1]), gateUpBias: dense.gateUpBias && multipliedVector(dense.gateUpBias, [gate, 1]) },
  };
}

function weights(c: FalconH1Config, context: number) {
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    rotaryTable: computed('rotary table', rotaryTable(c.rotary, context)),
    layers: Array.from({ length: c.layers }, (_, i) => layerWeights(`model.layers.${i}`, c)),
    norm: vector('model.final_layernorm.weight', c.hiddenSize),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: FalconH1Config): Tensor {
  const { embedding, logits, ssmOut, down } = c.multipliers;
  let x = ops.scale(ops.embedding(w.embedding), embedding);
  for (const layer of w.layers) {
    const normed = ops.rmsNorm(x, layer.inputNorm, c.eps);
    x = mamba2Mixer(ops, normed, layer.mamba, c.mamba, { scale: ssmOut, residual: x });
    x = attention(ops, normed, x, layer.attention, c, { rotaryTable: w.rotaryTable });
    x = mlp(ops, ops.rmsNorm(x, layer.mlpNorm, c.eps), x, layer.mlp, { scale: down });
  }
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding, { scale: logits });
}

/** Falcon-H1 (TII 2025, arXiv:2507.22448): each layer has a Mamba-2 mixer and softmax attention side by side. */
export const falconH1 = register({ parse, weights, canonicalName: transformerName, forward });
