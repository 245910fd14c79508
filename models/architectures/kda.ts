import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { concatenated, matrix, vector, type Loaded } from '../weights/spec.ts';
import { headGroups } from './dimensions.ts';
import { expandedHead, flaConfig, MAX_KEY_DIM, MAX_VALUE_DIM, type FlaConfig } from './fla-config.ts';
import { arranged, mixerOutput, outputWeights, project, projectionWeights, readConvolution, type Projections } from './fla-mixer.ts';
import { flaModel } from './fla-model.ts';

interface KdaConfig extends FlaConfig {
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly projections: Projections;
  readonly betaScale: 1 | 2;
  /** Of log-decays, which then are this times a sigmoid; absent: −e^A_log times a softplus. */
  readonly lowerBound: number | undefined;
}

function parse(c: ConfigReader): KdaConfig {
  const shared = flaConfig(c, { layers: 24 });
  const heads = c.integer('num_heads', { min: 1, default: 16 });
  const valueHeads = c.integer('num_v_heads', { min: 1, default: heads });
  const keyHeads = headGroups(c, 'num_heads', valueHeads, { default: heads });
  const keyDim = c.integer('head_dim', { min: 1, max: MAX_KEY_DIM, default: 128 });
  if (keyDim % 4 !== 0) throw c.error('head_dim', 'a multiple of 4');
  const valueDim = expandedHead(c, 'expand_v', 1, { width: keyDim, heads: 1, most: MAX_VALUE_DIM });
  const lowerBound = c.optionalNumber('lower_bound', { max: 0 });
  // It lets kernels assume that log-decays are bounded.
  if (c.boolean('safe_gate', { default: false }) && lowerBound === undefined) throw c.error('lower_bound', 'a number of at most 0 where safe_gate is true');
  const conv = readConvolution(c, true);
  return {
    ...shared,
    keyHeads,
    valueHeads,
    keyDim,
    valueDim,
    projections: {
      hiddenSize: shared.hiddenSize,
      mixed: [['q', keyHeads * keyDim], ['k', keyHeads * keyDim], ['v', valueHeads * valueDim]],
      // The gate's own projection has a rank: see `mixerWeights`.
      gate: 0,
      ...(conv && { conv }),
      activation: 'silu',
    },
    betaScale: c.boolean('allow_neg_eigval', { default: false }) ? 2 : 1,
    lowerBound,
  };
}

function mixerWeights(prefix: string, c: KdaConfig) {
  const { valueHeads, keyDim, valueDim, hiddenSize } = c;
  const [keys, values] = [valueHeads * keyDim, valueHeads * valueDim];
  const lowRank = (name: string, width: number) => ({ down: matrix(`${prefix}.${name}_proj.0.weight`, valueDim, hiddenSize), up: matrix(`${prefix}.${name}_proj.1.weight`, width, valueDim) });
  return {
    ...projectionWeights(prefix, c.projections),
    decay: lowRank('f', keys),
    decayParameters: concatenated(`${prefix}.decay_parameters`, [vector(`${prefix}.A_log`, valueHeads, { map: (a) => -Math.exp(a) }), vector(`${prefix}.dt_bias`, keys)]),
    beta: matrix(`${prefix}.b_proj.weight`, valueHeads, hiddenSize, { role: 'dense' }),
    outputGate: { ...lowRank('g', values), bias: vector(`${prefix}.g_proj.1.bias`, values) },
    ...outputWeights(prefix, 'o_norm', valueHeads, valueDim, hiddenSize),
  };
}

/** Decays and the output's gate are projected through a rank of one head's values. */
function mixer(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof mixerWeights>>, c: KdaConfig): Tensor {
  const { keyHeads, valueHeads, keyDim, valueDim } = c;
  const { mixed } = project(ops, normed, w, c.projections);
  // Each value head decays by itself, whatever keys it shares.
  const shared = { heads: keyHeads, dim: keyDim, times: valueHeads / keyHeads };
  const read = ops.linearAttention(arranged(ops, mixed, [shared, shared, { heads: valueHeads, dim: valueDim }]), {
    state: { kind: 'recurrent', heads: valueHeads, keyDim, valueDim },
    keyHeads: valueHeads,
    normalised: true,
    scale: keyDim ** -0.5,
    gating: {
      kind: 'kda',
      decay: { tensor: ops.linear(ops.linear(normed, w.decay.down), w.decay.up), column: 0 },
      beta: { tensor: ops.linear(normed, w.beta), column: 0 },
      parameters: w.decayParameters,
      betaScale: c.betaScale,
      ...(c.lowerBound !== undefined && { lowerBound: c.lowerBound }),
    },
  });
  const gate = { tensor: ops.linear(ops.linear(normed, w.outputGate.down), w.outputGate.up, { bias: w.outputGate.bias }), offset: 0 };
  return mixerOutput(ops, read, gate, residual, w, { heads: valueHeads, eps: c.eps, activation: 'sigmoid' });
}

/** Kimi Delta Attention (Kimi Team 2025, arXiv:2510.26692), as flash-linear-attention stores it. */
export const kda = flaModel({ parse, mixerWeights, mixer });
