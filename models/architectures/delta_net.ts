import type { HeadSection, Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { matrix, type Loaded } from '../weights/spec.ts';
import { expandedHead, flaConfig, MAX_KEY_DIM, MAX_VALUE_DIM, type FlaConfig } from './fla-config.ts';
import { arranged, mixerOutput, outputWeights, project, projectionWeights, readConvolution, type Projections } from './fla-mixer.ts';
import { flaModel } from './fla-model.ts';

interface DeltaNetConfig extends FlaConfig {
  readonly heads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly projections: Projections;
  /** What becomes of q and k, where that is not what becomes of v; and whether they are divided by their length. */
  readonly features: Pick<HeadSection, 'activation' | 'overSum'> | undefined;
  readonly normalised: boolean;
  /** A strength of its own for each token and head, from 0 to `betaScale`; else always that. */
  readonly beta: boolean;
  readonly betaScale: 1 | 2;
}

const ACTIVATIONS = { silu: 'silu', relu: 'relu', elu: 'elu-plus-one', identity: 'none' } as const;

/** fla's model does not read `use_output_norm`: it always has the norm. */
function parse(c: ConfigReader): DeltaNetConfig {
  const shared = flaConfig(c, { layers: 24 });
  const { hiddenSize } = shared;
  const heads = c.integer('num_heads', { min: 1, default: 16 });
  const keyDim = expandedHead(c, 'expand_k', 1, { width: hiddenSize, heads, most: MAX_KEY_DIM });
  const valueDim = expandedHead(c, 'expand_v', 1, { width: hiddenSize, heads, most: MAX_VALUE_DIM });
  const conv = readConvolution(c, true);
  const activation = c.oneOf('qk_activation', ['silu', 'relu', 'elu', 'identity'], { default: 'silu' });
  const normalised = c.oneOf('qk_norm', ['l2', 'sum'], { default: 'l2' }) === 'l2';
  const alike = activation === 'silu';
  return {
    ...shared,
    heads,
    keyDim,
    valueDim,
    projections: {
      hiddenSize,
      mixed: [['q', heads * keyDim], ['k', heads * keyDim], ['v', heads * valueDim]],
      gate: c.boolean('use_gate', { default: false }) ? heads * valueDim : 0,
      ...(conv && { conv }),
      activation: alike ? 'silu' : 'none',
    },
    features: alike && normalised ? undefined : { activation: alike ? 'none' : ACTIVATIONS[activation], ...(!normalised && { overSum: true }) },
    normalised,
    beta: c.boolean('use_beta', { default: true }),
    betaScale: c.boolean('allow_neg_eigval', { default: false }) ? 2 : 1,
  };
}

const mixerWeights = (prefix: string, c: DeltaNetConfig) => ({
  ...projectionWeights(prefix, c.projections),
  beta: c.beta ? matrix(`${prefix}.b_proj.weight`, c.heads, c.hiddenSize, { role: 'dense' }) : undefined,
  ...outputWeights(prefix, 'o_norm', c.heads, c.valueDim, c.hiddenSize),
});

function mixer(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof mixerWeights>>, c: DeltaNetConfig): Tensor {
  const { heads, keyDim, valueDim, features } = c;
  const { mixed, gate } = project(ops, normed, w, c.projections);
  const keys = { heads, dim: keyDim, ...features };
  const read = ops.linearAttention(arranged(ops, mixed, [keys, keys, { heads, dim: valueDim, activation: c.projections.activation === 'none' ? 'silu' : 'none' }]), {
    state: { kind: 'recurrent', heads, keyDim, valueDim },
    keyHeads: heads,
    normalised: c.normalised,
    scale: keyDim ** -0.5,
    gating: { kind: 'delta-rule', betaScale: c.betaScale, ...(w.beta && { beta: { tensor: ops.linear(normed, w.beta), column: 0 } }) },
  });
  return mixerOutput(ops, read, gate, residual, w, { heads, eps: c.eps });
}

/** DeltaNet (Yang et al. 2024, arXiv:2406.06484), as flash-linear-attention stores it. */
export const deltaNetModel = flaModel({ parse, mixerWeights, mixer });
