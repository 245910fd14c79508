import type { FeatureMap } from '../../shaders/arrange-heads/arrange-heads.ts';
import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { rotaryTable } from '../../engine/rotary/rotary-table.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { computed, type Loaded } from '../weights/spec.ts';
import { headGroups } from './dimensions.ts';
import { expandedHead, flaConfig, MAX_VALUE_DIM, trainedPositions, type FlaConfig } from './fla-config.ts';
import { arranged, featureMap, mixerOutput, outputWeights, project, projectionWeights, readGatedNorm, type GatedNorm, type Projections } from './fla-mixer.ts';
import { flaModel } from './fla-model.ts';

interface RetNetConfig extends FlaConfig {
  readonly heads: number;
  /** Of k and v; each serves neighbours of q's. */
  readonly kvHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly projections: Projections;
  /** Of q and k, before they are rotated. */
  readonly featureMap: FeatureMap;
  readonly norm: GatedNorm;
}

/** Of fla's rotary embedding. */
const MAX_ROTATED = 256;
const THETA = 10_000;

/** By the names that transformers has for them. */
const FEATURE_MAPS = { relu: 'relu', silu: 'silu', swish: 'silu', relu2: 'relu2', gelu: 'gelu', gelu_new: 'gelu-tanh', gelu_pytorch_tanh: 'gelu-tanh' } as const;

/** fla's model does not hand on `use_short_conv`, which is therefore not read. */
function parse(c: ConfigReader): RetNetConfig {
  const shared = flaConfig(c, { layers: 24, hiddenRatio: 2 });
  const { hiddenSize } = shared;
  const heads = c.integer('num_heads', { min: 1, default: 8 });
  const kvHeads = headGroups(c, 'num_kv_heads', heads, { default: heads });
  const keyDim = expandedHead(c, 'expand_k', 1, { width: hiddenSize, heads, most: MAX_ROTATED });
  if (keyDim % 2 !== 0) throw c.error('expand_k', `a factor of ${hiddenSize} that gives each of ${heads} heads an even number of elements`);
  const valueDim = expandedHead(c, 'expand_v', 2, { width: hiddenSize, heads, most: MAX_VALUE_DIM });
  const gated = c.boolean('use_output_gate', { default: true });
  return {
    ...shared,
    // Queries and keys are rotated.
    maxPositions: trainedPositions(c),
    heads,
    kvHeads,
    keyDim,
    valueDim,
    projections: { hiddenSize, mixed: [['q', heads * keyDim], ['k', kvHeads * keyDim], ['v', kvHeads * valueDim]], gate: gated ? heads * valueDim : 0, activation: 'none' },
    featureMap: featureMap(c, FEATURE_MAPS),
    norm: readGatedNorm(c, gated),
  };
}

/** Of each head: log(1 − 2^(−5 − h)). */
const decays = (heads: number): Float32Array<ArrayBuffer> => Float32Array.from({ length: heads }, (_, h) => Math.log1p(-(2 ** (-5 - h))));

const sharedWeights = ({ heads, keyDim }: RetNetConfig, context: number) => ({
  rotaryTable: computed('rotary table of retention', rotaryTable({ type: 'default', theta: THETA, rotaryDim: keyDim }, context)),
  decays: computed('decays of retention', decays(heads)),
});

const mixerWeights = (prefix: string, c: RetNetConfig) => ({
  ...projectionWeights(prefix, c.projections),
  ...outputWeights(prefix, c.norm.name, c.heads, c.valueDim, c.hiddenSize, c.norm.affine),
});

function mixer(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof mixerWeights>>, c: RetNetConfig, { shared }: { readonly shared: Loaded<ReturnType<typeof sharedWeights>> }): Tensor {
  const { heads, kvHeads, keyDim, valueDim, featureMap: activation } = c;
  const { mixed, gate } = project(ops, normed, w, c.projections);
  const times = heads / kvHeads;
  const rotated = { dim: keyDim, activation, rotaryTable: shared.rotaryTable };
  const read = ops.linearAttention(arranged(ops, mixed, [{ ...rotated, heads }, { ...rotated, heads: kvHeads, times }, { heads: kvHeads, dim: valueDim, times }]), {
    state: { kind: 'recurrent', heads, keyDim, valueDim },
    keyHeads: heads,
    normalised: false,
    scale: keyDim ** -0.5,
    gating: { kind: 'constant', decays: shared.decays },
  });
  return mixerOutput(ops, read, gate, residual, w, { heads, eps: c.eps });
}

/** RetNet (Sun et al. 2023, arXiv:2307.08621), as flash-linear-attention stores it: heads that forget at rates of their own, q and k rotated. */
export const retnet = flaModel({ parse, sharedWeights, mixerWeights, mixer });
