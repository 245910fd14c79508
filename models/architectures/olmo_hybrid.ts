import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { rotaryTable, type RotaryParameters } from '../../engine/rotary/rotary-table.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { readRotary } from '../config/read-rotary.ts';
import { computed, concatenated, matrix, stacked, vector, type Loaded, type VectorSpec } from '../weights/spec.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { attention, attentionWeights, type AttentionConfig } from './attention.ts';
import { headDimension, headGroups, layerCount, layerTypes, sharedHeadDimension, stateDimension, vocabularySize } from './dimensions.ts';
import { deltaNet, type DeltaDimensions } from './gated-delta-net.ts';
import { mlp, mlpWeights } from './mlp.ts';
import { transformerName } from './transformer.ts';

interface OlmoHybridConfig extends ModelDimensions, AttentionConfig {
  readonly delta: DeltaDimensions;
  readonly intermediateSize: number;
  readonly tied: boolean;
  /** Absent: no layer rotates. */
  readonly rotary: RotaryParameters | undefined;
  /** Per layer: softmax attention rather than the gated delta rule. */
  readonly full: readonly boolean[];
}

function parse(c: ConfigReader): OlmoHybridConfig {
  c.oneOf('hidden_act', ['silu'], { default: 'silu' });
  const layers = layerCount(c);
  const types = layerTypes(c, layers, ['linear_attention', 'full_attention']);
  const hiddenSize = c.integer('hidden_size', { min: 1 });
  const heads = c.integer('num_attention_heads', { min: 1 });
  const headDim = c.has('head_dim') ? headDimension(c, 'head_dim') : sharedHeadDimension(c, 'num_attention_heads', heads, hiddenSize);
  const bias = c.boolean('attention_bias', { default: false });
  // A theta is what makes a model rotate: `rope_parameters` may be null or without one.
  const rotary = c.has('rope_theta') || c.optionalObject('rope_parameters')?.has('rope_theta') ? readRotary(c, headDim) : undefined;
  const valueHeads = c.integer('linear_num_value_heads', { min: 1, default: heads });
  const keyHeads = headGroups(c, 'linear_num_key_heads', valueHeads, { default: heads });
  const keyDim = stateDimension(c, 'linear_key_head_dim', { default: Math.floor((0.75 * hiddenSize) / keyHeads) });
  return {
    vocabularySize: vocabularySize(c),
    maxPositions: c.integer('max_position_embeddings', { min: 1, default: 65_536 }),
    hiddenSize,
    heads,
    kvHeads: headGroups(c, 'num_key_value_heads', heads, { default: heads }),
    headDim,
    eps: c.number('rms_norm_eps', { min: 0, default: 1e-6 }),
    projectionBias: bias,
    outputBias: bias,
    qkNorm: 'whole',
    gated: false,
    rotary,
    rotaryDim: rotary?.rotaryDim ?? 0,
    delta: {
      keyHeads,
      valueHeads,
      keyDim,
      valueDim: stateDimension(c, 'linear_value_head_dim', { default: 2 * keyDim }),
      convKernel: c.integer('linear_conv_kernel_dim', { min: 2, default: 4 }),
      betaScale: c.boolean('linear_allow_neg_eigval', { default: true }) ? 2 : 1,
    },
    intermediateSize: c.integer('intermediate_size', { min: 1 }),
    tied: c.boolean('tie_word_embeddings', { default: false }),
    full: Array.from({ length: layers }, (_, i) => (types ? types[i] === 'full_attention' : i % 4 === 3 || (layers < 4 && i === layers - 1))),
  };
}

/** The convolutions of q, k and v as one. transformers 5 saves the three as equal thirds of it, whatever the widths of q, k and v. */
function convolutions(prefix: string, widths: readonly number[], kernel: number): VectorSpec {
  const names = ['q_conv1d', 'k_conv1d', 'v_conv1d'];
  const cut = (channels: readonly number[]) => concatenated(`${prefix}.conv1d.weight`, names.map((name, i) => vector(`${prefix}.${name}.weight`, channels[i] * kernel, { shape: [channels[i], 1, kernel] })));
  const third = widths.reduce((sum, width) => sum + width, 0) / 3;
  return { ...cut(widths), ...(Number.isInteger(third) && { alternatives: [cut([third, third, third]).parts] }) };
}

/** Of the norm in the mixer, which no config has. */
const DELTA_EPS = 1e-5;

/** As Qwen's, from projections and convolutions by themselves. */
function deltaWeights(prefix: string, { hiddenSize, delta: d }: OlmoHybridConfig) {
  const [keys, values] = [d.keyHeads * d.keyDim, d.valueHeads * d.valueDim];
  const rows = (name: string, count: number) => [`${prefix}.${name}.weight`, count] as const;
  return {
    projection: stacked(`${prefix}.qkvg_proj`, [rows('q_proj', keys), rows('k_proj', keys), rows('v_proj', values), rows('g_proj', values)], hiddenSize),
    gates: stacked(`${prefix}.ba_proj`, [rows('b_proj', d.valueHeads), rows('a_proj', d.valueHeads)], hiddenSize, 'dense'),
    conv: convolutions(prefix, [keys, keys, values], d.convKernel),
    gateParameters: concatenated(`${prefix}.gate_parameters`, [vector(`${prefix}.A_log`, d.valueHeads, { map: (a) => -Math.exp(a) }), vector(`${prefix}.dt_bias`, d.valueHeads)]),
    norm: vector(`${prefix}.o_norm.weight`, d.valueDim),
    output: matrix(`${prefix}.o_proj.weight`, hiddenSize, values),
  };
}

function weights(c: OlmoHybridConfig, context: number) {
  const norm = (name: string) => vector(`${name}.weight`, c.hiddenSize);
  const layer = (full: boolean, prefix: string) => ({
    mixer: full
      ? { attention: attentionWeights(`${prefix}.self_attn`, c), norm: norm(`${prefix}.post_attention_layernorm`), mlpNorm: norm(`${prefix}.post_feedforward_layernorm`) }
      : { delta: deltaWeights(`${prefix}.linear_attn`, c), norm: norm(`${prefix}.input_layernorm`), mlpNorm: norm(`${prefix}.post_attention_layernorm`) },
    mlp: mlpWeights(`${prefix}.mlp`, c.hiddenSize, c.intermediateSize, false),
  });
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    rotaryTable: c.rotary && computed('rotary table', rotaryTable(c.rotary, context)),
    layers: c.full.map((full, i) => layer(full, `model.layers.${i}`)),
    norm: norm('model.norm'),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

/** Layers of the delta rule have norms before the mixer and the MLP, those of attention behind them. */
function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: OlmoHybridConfig): Tensor {
  let x = ops.embedding(w.embedding);
  for (const { mixer, mlp: mlpWeight } of w.layers) {
    if ('attention' in mixer) {
      const mixed = attention(ops, x, undefined, mixer.attention, c, w.rotaryTable ? { rotaryTable: w.rotaryTable } : {});
      x = ops.rmsNorm(mixed, mixer.norm, c.eps, { residual: x });
      x = ops.rmsNorm(mlp(ops, x, undefined, mlpWeight), mixer.mlpNorm, c.eps, { residual: x });
    } else {
      x = deltaNet(ops, ops.rmsNorm(x, mixer.norm, c.eps), x, mixer.delta, { eps: DELTA_EPS, delta: c.delta });
      x = mlp(ops, ops.rmsNorm(x, mixer.mlpNorm, c.eps), x, mlpWeight);
    }
  }
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding);
}

/** Checkpoints converted by OLMo's own script call the norms of layers of the delta rule by other names; transformers 5 saves all layers' so. */
function canonicalName(name: string, c: OlmoHybridConfig): string | undefined {
  if (name.startsWith('mtp')) return undefined;
  return transformerName(name.replace('.attention_layer_norm.', '.input_layernorm.').replace('.feedforward_layer_norm.', '.post_attention_layernorm.'), c);
}

/** OLMo Hybrid: three layers of Gated DeltaNet to one of softmax attention as OLMo 2 and 3 have it (arXiv:2501.00656). */
export const olmoHybrid = register({ parse, weights, canonicalName, forward });
