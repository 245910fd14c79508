import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { concatenated, stacked, vector, type Loaded } from '../weights/spec.ts';
import { headGroups } from './dimensions.ts';
import { expandedHead, flaConfig, MAX_KEY_DIM, MAX_VALUE_DIM, type FlaConfig } from './fla-config.ts';
import { mixerOutput, outputWeights, project, projectionWeights, readConvolution, type Projections } from './fla-mixer.ts';
import { flaModel } from './fla-model.ts';

interface GatedDeltaNetConfig extends FlaConfig {
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly projections: Projections;
  readonly betaScale: 1 | 2;
}

function parse(c: ConfigReader): GatedDeltaNetConfig {
  const shared = flaConfig(c, { layers: 21 });
  const heads = c.integer('num_heads', { min: 1, default: 6 });
  const valueHeads = c.integer('num_v_heads', { min: 1, default: heads });
  const keyHeads = headGroups(c, 'num_heads', valueHeads, { default: heads });
  const keyDim = c.integer('head_dim', { min: 1, max: MAX_KEY_DIM, default: 256 });
  const valueDim = expandedHead(c, 'expand_v', 2, { width: keyDim, heads: 1, most: MAX_VALUE_DIM });
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
      gate: c.boolean('use_gate', { default: true }) ? valueHeads * valueDim : 0,
      ...(conv && { conv }),
      activation: 'silu',
    },
    betaScale: c.boolean('allow_neg_eigval', { default: false }) ? 2 : 1,
  };
}

function mixerWeights(prefix: string, c: GatedDeltaNetConfig) {
  const { valueHeads, valueDim, hiddenSize } = c;
  return {
    ...projectionWeights(prefix, c.projections),
    gates: stacked(`${prefix}.ba_proj`, [[`${prefix}.b_proj.weight`, valueHeads], [`${prefix}.a_proj.weight`, valueHeads]], hiddenSize, 'dense'),
    gateParameters: concatenated(`${prefix}.gate_parameters`, [vector(`${prefix}.A_log`, valueHeads, { map: (a) => -Math.exp(a) }), vector(`${prefix}.dt_bias`, valueHeads)]),
    ...outputWeights(prefix, 'o_norm', valueHeads, valueDim, hiddenSize),
  };
}

function mixer(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof mixerWeights>>, c: GatedDeltaNetConfig): Tensor {
  const { keyHeads, valueHeads, keyDim, valueDim } = c;
  const { mixed, gate } = project(ops, normed, w, c.projections);
  const read = ops.linearAttention(mixed, {
    state: { kind: 'recurrent', heads: valueHeads, keyDim, valueDim },
    keyHeads,
    normalised: true,
    scale: keyDim ** -0.5,
    gating: { kind: 'delta', gates: ops.linear(normed, w.gates), betaColumn: 0, decayColumn: valueHeads, parameters: w.gateParameters, betaScale: c.betaScale },
  });
  return mixerOutput(ops, read, gate, residual, w, { heads: valueHeads, eps: c.eps });
}

/** Gated DeltaNet (Yang et al. 2024, arXiv:2412.06464), as flash-linear-attention stores it. */
export const gatedDeltaNet = flaModel({ parse, mixerWeights, mixer });
