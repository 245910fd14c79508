import type { FeatureMap } from '../../shaders/arrange-heads/arrange-heads.ts';
import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { matrix, vector, type Loaded } from '../weights/spec.ts';
import { headGroups } from './dimensions.ts';
import { expandedHead, flaConfig, MAX_KEY_DIM, MAX_VALUE_DIM, type FlaConfig } from './fla-config.ts';
import { arranged, featureMap, mixerOutput, outputWeights, project, projectionWeights, readConvolution, readGatedNorm, type GatedNorm, type Projections } from './fla-mixer.ts';
import { flaModel } from './fla-model.ts';

interface GlaConfig extends FlaConfig {
  readonly heads: number;
  /** Of k, v and the decays; each serves neighbours of the others. */
  readonly kvHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly projections: Projections;
  /** Of q and k. */
  readonly featureMap: FeatureMap;
  /** Least log-decay; absent: any. */
  readonly smallest: number | undefined;
  readonly norm: GatedNorm;
}

/** Of the low-rank projection of the decays, and what their logarithms are divided by: no config has them. */
const RANK = 16;
const NORMALIZER = 16;

/** By the names that fla/modules/activations.py has for them. */
const FEATURE_MAPS = { relu: 'relu', silu: 'silu', swish: 'silu', sqrelu: 'relu2', gelu: 'gelu-tanh' } as const;

function parse(c: ConfigReader): GlaConfig {
  const shared = flaConfig(c, { layers: 24 });
  const { hiddenSize } = shared;
  checkGate(c);
  const heads = c.integer('num_heads', { min: 1, default: 4 });
  const kvHeads = headGroups(c, 'num_kv_heads', heads, { default: heads });
  const keyDim = expandedHead(c, 'expand_k', 0.5, { width: hiddenSize, heads, most: MAX_KEY_DIM });
  const valueDim = expandedHead(c, 'expand_v', 1, { width: hiddenSize, heads, most: MAX_VALUE_DIM });
  const gated = c.boolean('use_output_gate', { default: true });
  const conv = readConvolution(c, false);
  return {
    ...shared,
    heads,
    kvHeads,
    keyDim,
    valueDim,
    projections: {
      hiddenSize,
      mixed: [['q', heads * keyDim], ['k', kvHeads * keyDim], ['v', kvHeads * valueDim]],
      gate: gated ? heads * valueDim : 0,
      ...(conv && { conv }),
      activation: conv ? 'silu' : 'none',
    },
    featureMap: featureMap(c, FEATURE_MAPS),
    smallest: c.optionalNumber('clamp_min', { max: 0 }),
    norm: readGatedNorm(c, gated),
  };
}

/** Keys that fla's configs have, or its layer has and its model does not hand on: none of them changes what fla's GLA computes. */
function checkGate(c: ConfigReader): void {
  if (!c.boolean('use_gk', { default: true })) throw c.error('use_gk', 'true: a model without decays of keys is not supported');
  if (c.boolean('use_gv', { default: false })) throw c.error('use_gv', 'false: decays of values are not supported');
  if (c.number('gate_logit_normalizer', { default: NORMALIZER }) !== NORMALIZER) throw c.error('gate_logit_normalizer', String(NORMALIZER));
  if (c.integer('gate_low_rank_dim', { default: RANK }) !== RANK) throw c.error('gate_low_rank_dim', String(RANK));
}

function mixerWeights(prefix: string, c: GlaConfig) {
  const keys = c.kvHeads * c.keyDim;
  return {
    ...projectionWeights(prefix, c.projections),
    decay: { down: matrix(`${prefix}.gk_proj.0.weight`, RANK, c.hiddenSize), up: matrix(`${prefix}.gk_proj.1.weight`, keys, RANK), bias: vector(`${prefix}.gk_proj.1.bias`, keys) },
    ...outputWeights(prefix, c.norm.name, c.heads, c.valueDim, c.hiddenSize, c.norm.affine),
  };
}

function mixer(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof mixerWeights>>, c: GlaConfig): Tensor {
  const { heads, kvHeads, keyDim, valueDim, featureMap: activation } = c;
  const { mixed, gate } = project(ops, normed, w, c.projections);
  const times = heads / kvHeads;
  const decay = ops.linear(ops.linear(normed, w.decay.down), w.decay.up, { bias: w.decay.bias });
  const operands = arranged(ops, mixed, [{ heads, dim: keyDim, activation }, { heads: kvHeads, dim: keyDim, times, activation }, { heads: kvHeads, dim: valueDim, times }]);
  const read = ops.linearAttention(operands, {
    state: { kind: 'recurrent', heads, keyDim, valueDim },
    keyHeads: heads,
    normalised: false,
    scale: keyDim ** -0.5,
    gating: {
      kind: 'gla',
      decay: { tensor: arranged(ops, decay, [{ heads: kvHeads, dim: keyDim, times }]), column: 0 },
      normalizer: NORMALIZER,
      ...(c.smallest !== undefined && { smallest: c.smallest }),
    },
  });
  return mixerOutput(ops, read, gate, residual, w, { heads, eps: c.eps });
}

/** Gated linear attention (Yang et al. 2023, arXiv:2312.06635), as flash-linear-attention stores it. */
export const gla = flaModel({ parse, mixerWeights, mixer });
