import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { matrix, vector, type Loaded } from '../weights/spec.ts';
import { expandedHead, flaConfig, type FlaConfig } from './fla-config.ts';
import { mixerOutput, outputWeights, project, projectionWeights, readConvolution, type Projections } from './fla-mixer.ts';
import { flaModel } from './fla-model.ts';

interface GlaConfig extends FlaConfig {
  readonly heads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly projections: Projections;
  /** Least log-decay; absent: any. */
  readonly smallest: number | undefined;
  /** What the norm behind the mixer is called, and whether it has weights. */
  readonly norm: { readonly name: string; readonly affine: boolean };
}

/** Of the low-rank projection of the decays, and what their logarithms are divided by: no config has them. */
const RANK = 16;
const NORMALIZER = 16;

function parse(c: ConfigReader): GlaConfig {
  const shared = flaConfig(c, { layers: 24 });
  const { hiddenSize } = shared;
  const heads = c.integer('num_heads', { min: 1, default: 4 });
  if (c.integer('num_kv_heads', { min: 1, default: heads }) !== heads) throw c.error('num_kv_heads', `num_heads (${heads}): shared keys are not supported`);
  if (c.has('feature_map')) throw c.error('feature_map', 'null: feature maps are not supported');
  const keyDim = expandedHead(c, 'expand_k', 0.5, hiddenSize, heads);
  const valueDim = expandedHead(c, 'expand_v', 1, hiddenSize, heads);
  const gated = c.boolean('use_output_gate', { default: true });
  const conv = readConvolution(c, false);
  const fused = gated && c.boolean('fuse_norm', { default: true }) && c.string('hidden_act', { default: 'swish' }) === 'swish';
  return {
    ...shared,
    heads,
    keyDim,
    valueDim,
    projections: {
      hiddenSize,
      mixed: [['q', heads * keyDim], ['k', heads * keyDim], ['v', heads * valueDim]],
      gate: gated ? heads * valueDim : 0,
      ...(conv && { conv }),
      activation: conv ? 'silu' : 'none',
    },
    smallest: c.optionalNumber('clamp_min', { max: 0 }),
    norm: { name: fused ? 'g_norm_swish_gate' : 'g_norm', affine: c.boolean('elementwise_affine', { default: true }) },
  };
}

function mixerWeights(prefix: string, c: GlaConfig) {
  const keys = c.heads * c.keyDim;
  return {
    ...projectionWeights(prefix, c.projections),
    decay: { down: matrix(`${prefix}.gk_proj.0.weight`, RANK, c.hiddenSize), up: matrix(`${prefix}.gk_proj.1.weight`, keys, RANK), bias: vector(`${prefix}.gk_proj.1.bias`, keys) },
    ...outputWeights(prefix, c.norm.name, c.heads, c.valueDim, c.hiddenSize, c.norm.affine),
  };
}

function mixer(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof mixerWeights>>, c: GlaConfig): Tensor {
  const { heads, keyDim, valueDim } = c;
  const { mixed, gate } = project(ops, normed, w, c.projections);
  const read = ops.linearAttention(mixed, {
    state: { kind: 'recurrent', heads, keyDim, valueDim },
    keyHeads: heads,
    normalised: false,
    scale: keyDim ** -0.5,
    gating: {
      kind: 'gla',
      decay: { tensor: ops.linear(ops.linear(normed, w.decay.down), w.decay.up, { bias: w.decay.bias }), column: 0 },
      normalizer: NORMALIZER,
      ...(c.smallest !== undefined && { smallest: c.smallest }),
    },
  });
  return mixerOutput(ops, read, gate, residual, w, { heads, eps: c.eps });
}

/** Gated linear attention (Yang et al. 2023, arXiv:2312.06635), as flash-linear-attention stores it. */
export const gla = flaModel({ parse, mixerWeights, mixer });
