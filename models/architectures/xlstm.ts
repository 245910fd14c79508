import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { concatenated, matrix, stacked, vector, type Loaded } from '../weights/spec.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { layerCount, vocabularySize } from './dimensions.ts';
import { fusedMlpWeights } from './fused-mlp.ts';
import { mlp, mlpScalings, mlpWeights } from './mlp.ts';
import { normScaling, type Scaling } from './scaling.ts';

interface XlstmConfig extends ModelDimensions {
  readonly hiddenSize: number;
  readonly blocks: number;
  readonly heads: number;
  /** Of one head. */
  readonly keyDim: number;
  readonly valueDim: number;
  readonly intermediateSize: number;
  /** Whether projections over the same input are one tensor. */
  readonly fused: boolean;
  readonly gateCap: number;
  readonly logitCap: number;
  /** Of the norms, and of the divisor of an mLSTM's output. */
  readonly normEps: number;
  readonly eps: number;
  readonly tied: boolean;
}

/** One of two keys for the same number, or both where they agree. */
function either(c: ConfigReader, key: string, other: string, read: (key: string) => number): number {
  const value = read(c.has(key) || !c.has(other) ? key : other);
  if (c.has(other) && read(other) !== value) throw c.error(other, `${key} (${value}) under another name`);
  return value;
}

/** Elements of a head, of which all together are the `factorKey`-th part of the hidden size. */
function headSize(c: ConfigReader, factorKey: string, factor: number, hiddenSize: number, heads: number): number {
  const width = Math.trunc(hiddenSize * c.number(factorKey, { min: 0, default: factor }));
  if (width === 0 || width % (4 * heads) !== 0) throw c.error(factorKey, `a part of the hidden size (${hiddenSize}) that gives each of ${heads} heads a multiple of 4 elements`);
  return width / heads;
}

/** Keys that choose among kernels, or the type of their arithmetic, are not read: they all compute the same. */
function parse(c: ConfigReader): XlstmConfig {
  if (c.boolean('use_bias', { default: false })) throw c.error('use_bias', 'false: biases on all projections and norms are not supported');
  const hiddenSize = either(c, 'hidden_size', 'embedding_dim', (key) => c.integer(key, { min: 1 }));
  const heads = c.integer('num_heads', { min: 1, default: 8 });
  const multiple = c.integer('ffn_round_up_to_multiple_of', { min: 1, default: 64 });
  const intermediateSize = Math.floor((hiddenSize * c.number('ffn_proj_factor', { min: 0, default: 2.667 }) + multiple - 1) / multiple) * multiple;
  if (intermediateSize === 0) throw c.error('ffn_proj_factor', 'a positive number');
  return {
    vocabularySize: vocabularySize(c),
    // A state holds a text of any length, and what the checkpoint was trained on is not in its config.
    maxPositions: Infinity,
    hiddenSize,
    blocks: either(c, 'num_hidden_layers', 'num_blocks', (key) => layerCount(c, key)),
    heads,
    keyDim: headSize(c, 'qk_dim_factor', 0.5, hiddenSize, heads),
    valueDim: headSize(c, 'v_dim_factor', 1, hiddenSize, heads),
    intermediateSize,
    fused: c.oneOf('weight_mode', ['single', 'fused'], { default: 'single' }) === 'fused',
    gateCap: c.number('gate_soft_cap', { min: 1e-6, default: 15 }),
    logitCap: c.number('output_logit_soft_cap', { min: 1e-6, default: 30 }),
    normEps: c.number('norm_eps', { min: 0, default: 1e-6 }),
    eps: c.number('eps', { min: 0, default: 1e-6 }),
    tied: c.boolean('tie_word_embeddings', { default: false }),
  };
}

const MLP_NAMES = { gate: 'proj_up_gate', up: 'proj_up', down: 'proj_down' };

function mixerWeights(prefix: string, { hiddenSize, heads, keyDim, valueDim, fused }: XlstmConfig) {
  const rows = [['q', heads * keyDim], ['k', heads * keyDim], ['v', heads * valueDim], ['ogate_preact', heads * valueDim]] as const;
  const gate = (name: string, kind: 'weight' | 'bias') => `${prefix}.${name}_preact.${kind}`;
  return {
    projection: fused
      ? matrix(`${prefix}.qkv_opreact.weight`, 2 * heads * (keyDim + valueDim), hiddenSize)
      : stacked(`${prefix}.qkv_opreact`, rows.map(([name, count]) => [`${prefix}.${name}.weight`, count]), hiddenSize),
    gates: fused
      ? matrix(gate('ifgate', 'weight'), 2 * heads, hiddenSize, { role: 'dense' })
      : stacked(`${prefix}.ifgate_preact`, [[gate('igate', 'weight'), heads], [gate('fgate', 'weight'), heads]], hiddenSize, 'dense'),
    gateBias: fused ? vector(gate('ifgate', 'bias'), 2 * heads) : concatenated(gate('ifgate', 'bias'), [vector(gate('igate', 'bias'), heads), vector(gate('fgate', 'bias'), heads)]),
    norm: vector(`${prefix}.multihead_norm.weight`, heads * valueDim),
    output: matrix(`${prefix}.out_proj.weight`, hiddenSize, heads * valueDim),
  };
}

/** The mLSTM layer of xLSTM-7B: residual + out_proj(norm(mLstm(q, k, v)) ⊙ sigmoid(o)). */
function mixer(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof mixerWeights>>, c: XlstmConfig): Tensor {
  const { heads, keyDim, valueDim } = c;
  const projection = ops.linear(normed, w.projection);
  const read = ops.mLstm(projection, { state: { kind: 'mlstm', heads, keyDim, valueDim }, gates: ops.linear(normed, w.gates, { bias: w.gateBias }), gateCap: c.gateCap, eps: c.eps });
  const gated = ops.gatedRmsNorm(read, projection, { heads, weight: w.norm, eps: c.normEps, centred: true, gateOffset: heads * (2 * keyDim + valueDim), activation: 'sigmoid' });
  return ops.linear(gated, w.output, { residual });
}

function weights(c: XlstmConfig) {
  const norm = (name: string) => vector(`${name}.weight`, c.hiddenSize);
  return {
    embedding: matrix('backbone.embeddings.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    blocks: Array.from({ length: c.blocks }, (_, i) => ({
      mixerNorm: norm(`backbone.blocks.${i}.norm_mlstm`),
      mixer: mixerWeights(`backbone.blocks.${i}.mlstm_layer`, c),
      mlpNorm: norm(`backbone.blocks.${i}.norm_ffn`),
      mlp: c.fused ? fusedMlpWeights(`backbone.blocks.${i}.ffn`, c.hiddenSize, c.intermediateSize, { gateUp: 'proj_up_gate_z', down: 'proj_down' }) : mlpWeights(`backbone.blocks.${i}.ffn`, c.hiddenSize, c.intermediateSize, false, MLP_NAMES),
    })),
    norm: norm('backbone.out_norm'),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

/** Only a norm for each head and a gate stand between what the mLSTM reads and its output. */
function scalings({ blocks, hiddenSize, intermediateSize, heads, valueDim, fused }: XlstmConfig): Scaling[] {
  return Array.from({ length: blocks }, (_, i) => `backbone.blocks.${i}`).flatMap((block) => {
    const [layer, ffn, ffnNorm] = [`${block}.mlstm_layer`, `${block}.ffn`, `${block}.norm_ffn.weight`];
    const projections = fused ? ['qkv_opreact', 'ifgate_preact'] : ['q', 'k', 'v', 'ogate_preact', 'igate_preact', 'fgate_preact'];
    return [
      normScaling(`${block}.norm_mlstm.weight`, projections.map((name) => `${layer}.${name}.weight`), hiddenSize),
      normScaling(`${layer}.multihead_norm.weight`, [`${layer}.out_proj.weight`], heads * valueDim),
      ...(fused ? [normScaling(ffnNorm, [`${ffn}.proj_up_gate_z.weight`], hiddenSize)] : mlpScalings(ffn, ffnNorm, hiddenSize, intermediateSize, false, { names: MLP_NAMES })),
    ];
  });
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: XlstmConfig): Tensor {
  let x = ops.embedding(w.embedding);
  for (const block of w.blocks) {
    x = mixer(ops, ops.rmsNorm(x, block.mixerNorm, c.normEps), x, block.mixer, c);
    x = mlp(ops, ops.rmsNorm(x, block.mlpNorm, c.normEps), x, block.mlp);
  }
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.normEps), w.head ?? w.embedding, { softCap: c.logitCap });
}

/** Without the package of the model's authors, transformers spells out the names of q, k and v. */
function canonicalName(name: string, { tied }: XlstmConfig): string | undefined {
  if (tied && name === 'lm_head.weight') return undefined;
  return name.replace(/\.mlstm_layer\.(q|k|v)(uery|ey|alue)\./, '.mlstm_layer.$1.');
}

/** xLSTM-7B (Beck et al. 2025, arXiv:2503.13427): blocks of an mLSTM and a gated MLP, without attention. */
export const xlstm = register({ parse, weights, canonicalName, scalings, forward });
