import { rotaryTable, type RotaryParameters } from '../../engine/rotary/rotary-table.ts';
import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { readRotary } from '../config/read-rotary.ts';
import { computed, matrix, vector, type Loaded } from '../weights/spec.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { attention, attentionScalings, attentionWeights, type AttentionConfig } from './attention.ts';
import { headDimension, headGroups, layerCount, sharedHeadDimension, vocabularySize } from './dimensions.ts';
import { mamba2Config } from './mamba2-config.ts';
import { mamba2Mixer, mamba2Scalings, mamba2Weights, type Mamba2Config } from './mamba2-mixer.ts';
import { mlp, mlpScalings, mlpWeights } from './mlp.ts';
import type { Scaling } from './scaling.ts';
import { transformerName } from './transformer.ts';

interface BambaConfig extends ModelDimensions, AttentionConfig {
  readonly mamba: Mamba2Config;
  /** Per layer: softmax attention rather than a Mamba-2 mixer. */
  readonly attending: readonly boolean[];
  readonly intermediateSize: number;
  readonly mlpBias: boolean;
  readonly rotary: RotaryParameters;
  readonly tied: boolean;
}

function parse(c: ConfigReader): BambaConfig {
  c.oneOf('hidden_act', ['silu'], { default: 'silu' });
  const hiddenSize = c.integer('hidden_size', { min: 1, default: 4096 });
  const heads = c.integer('num_attention_heads', { min: 1, default: 32 });
  const headDim = c.has('head_dim') ? headDimension(c, 'head_dim') : sharedHeadDimension(c, 'num_attention_heads', heads, hiddenSize);
  const layers = layerCount(c);
  const attending = c.has('attn_layer_indices') ? c.integers('attn_layer_indices', { max: layers - 1 }) : [];
  const rotary = readRotary(c, headDim, { partial: 0.5 });
  const bias = c.boolean('attention_bias', { default: false });
  const eps = c.number('rms_norm_eps', { min: 0, default: 1e-5 });
  return {
    vocabularySize: vocabularySize(c),
    maxPositions: c.integer('max_position_embeddings', { min: 1, default: 262_144 }),
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
    rotaryDim: rotary.rotaryDim,
    // The norm is over the whole width, however many groups share B and C.
    mamba: { ...mamba2Config(c, hiddenSize), norm: { groups: 1, eps, order: 'gate-first' } },
    attending: Array.from({ length: layers }, (_, i) => attending.includes(i)),
    intermediateSize: c.integer('intermediate_size', { min: 1, default: 14_336 }),
    mlpBias: c.boolean('mlp_bias', { default: false }),
    tied: c.boolean('tie_word_embeddings', { default: false }),
  };
}

function weights(c: BambaConfig, context: number) {
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    rotaryTable: computed('rotary table', rotaryTable(c.rotary, context)),
    layers: c.attending.map((attending, i) => ({
      inputNorm: vector(`model.layers.${i}.input_layernorm.weight`, c.hiddenSize),
      attention: attending ? attentionWeights(`model.layers.${i}.self_attn`, c) : undefined,
      mamba: attending ? undefined : mamba2Weights(`model.layers.${i}.mamba`, c.mamba),
      mlpNorm: vector(`model.layers.${i}.pre_ff_layernorm.weight`, c.hiddenSize),
      mlp: mlpWeights(`model.layers.${i}.feed_forward`, c.hiddenSize, c.intermediateSize, c.mlpBias),
    })),
    norm: vector('model.final_layernorm.weight', c.hiddenSize),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

function scalings(c: BambaConfig): Scaling[] {
  return c.attending.flatMap((attending, i) => {
    const layer = `model.layers.${i}`;
    const [inputNorm, mlpNorm] = [`${layer}.input_layernorm.weight`, `${layer}.pre_ff_layernorm.weight`];
    const mixer = attending ? attentionScalings(`${layer}.self_attn`, inputNorm, c) : mamba2Scalings(`${layer}.mamba`, inputNorm, c.mamba);
    return [...mixer, ...mlpScalings(`${layer}.feed_forward`, mlpNorm, c.hiddenSize, c.intermediateSize, c.mlpBias)];
  });
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: BambaConfig): Tensor {
  let x = ops.embedding(w.embedding);
  for (const layer of w.layers) {
    const normed = ops.rmsNorm(x, layer.inputNorm, c.eps);
    if (layer.attention) x = attention(ops, normed, x, layer.attention, c, { rotaryTable: w.rotaryTable });
    else if (layer.mamba) x = mamba2Mixer(ops, normed, layer.mamba, c.mamba, { residual: x });
    x = mlp(ops, ops.rmsNorm(x, layer.mlpNorm, c.eps), x, layer.mlp);
  }
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding);
}

/** Bamba (IBM, Princeton, CMU and UIUC): Mamba-2 mixers, softmax attention in a few layers, each followed by a SwiGLU. */
export const bamba = register({ parse, weights, canonicalName: transformerName, scalings, forward });
