import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { bySection } from '../weights/row-orders.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { concatenated, matrix, stacked, vector, type Loaded, type MatrixSpec } from '../weights/spec.ts';
import { headGroups, stateDimension } from './dimensions.ts';
import { normScaling, type Scaling } from './scaling.ts';

/** Gated DeltaNet (Yang et al. 2024, arXiv:2412.06464). */
export interface DeltaDimensions {
  readonly keyHeads: number;
  readonly valueHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  readonly convKernel: number;
  /** What β reaches; with 2 states may turn over (arXiv:2411.12537). Default: 1. */
  readonly betaScale?: 1 | 2;
}

/** As Qwen has it. */
export interface DeltaNetConfig {
  readonly hiddenSize: number;
  readonly eps: number;
  readonly delta: DeltaDimensions & {
    /**
     * How a checkpoint stores the projections. `apart`: q, k and v in one, z, b and a by themselves (Qwen3.5). `by-head`: two, in which each
     * key head has its rows together, [q | k | v | z] and [b | a] (Qwen3-Next).
     */
    readonly projections: 'apart' | 'by-head';
  };
}

export function readDeltaNet(c: ConfigReader, projections: DeltaNetConfig['delta']['projections']): DeltaNetConfig['delta'] {
  const valueHeads = c.integer('linear_num_value_heads', { min: 1, default: 32 });
  return {
    keyHeads: headGroups(c, 'linear_num_key_heads', valueHeads, { default: 16 }),
    valueHeads,
    keyDim: stateDimension(c, 'linear_key_head_dim', { default: 128 }),
    valueDim: stateDimension(c, 'linear_value_head_dim', { default: 128 }),
    convKernel: c.integer('linear_conv_kernel_dim', { min: 2, default: 4 }),
    projections,
  };
}

/** Columns that the short convolution runs over: q, k and v. */
const channelsOf = ({ keyHeads, valueHeads, keyDim, valueDim }: DeltaDimensions): number => 2 * keyHeads * keyDim + valueHeads * valueDim;

/** [q | k | v | z] and [b | a]. */
function projectionSpecs(prefix: string, { hiddenSize, delta: d }: DeltaNetConfig): { projection: MatrixSpec; gates: MatrixSpec } {
  const [channels, values] = [channelsOf(d), d.valueHeads * d.valueDim];
  if (d.projections === 'apart') {
    return {
      projection: stacked(`${prefix}.in_proj_qkvz`, [[`${prefix}.in_proj_qkv.weight`, channels], [`${prefix}.in_proj_z.weight`, values]], hiddenSize),
      gates: stacked(`${prefix}.in_proj_ba`, [[`${prefix}.in_proj_b.weight`, d.valueHeads], [`${prefix}.in_proj_a.weight`, d.valueHeads]], hiddenSize, 'dense'),
    };
  }
  const sharing = d.valueHeads / d.keyHeads;
  return {
    projection: matrix(`${prefix}.in_proj_qkvz.weight`, channels + values, hiddenSize, { order: bySection(d.keyHeads, [d.keyDim, d.keyDim, sharing * d.valueDim, sharing * d.valueDim]) }),
    gates: matrix(`${prefix}.in_proj_ba.weight`, 2 * d.valueHeads, hiddenSize, { role: 'dense', order: bySection(d.keyHeads, [sharing, sharing]) }),
  };
}

export function deltaNetWeights(prefix: string, c: DeltaNetConfig) {
  const { hiddenSize, delta: d } = c;
  const channels = channelsOf(d);
  return {
    ...projectionSpecs(prefix, c),
    conv: vector(`${prefix}.conv1d.weight`, channels * d.convKernel, { shape: [channels, 1, d.convKernel] }),
    gateParameters: concatenated(`${prefix}.gate_parameters`, [
      vector(`${prefix}.A_log`, d.valueHeads, { map: (a) => -Math.exp(a) }),
      vector(`${prefix}.dt_bias`, d.valueHeads),
    ]),
    norm: vector(`${prefix}.norm.weight`, d.valueDim),
    output: matrix(`${prefix}.out_proj.weight`, hiddenSize, d.valueHeads * d.valueDim),
  };
}

/** residual + the mixer of `normed`. `eps`: of the mixer's own norm. */
export function deltaNet(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof deltaNetWeights>>, { eps, delta: d }: { readonly eps: number; readonly delta: DeltaDimensions }): Tensor {
  const channels = channelsOf(d);
  const projection = ops.linear(normed, w.projection);
  const gates = ops.linear(normed, w.gates);
  const mixed = ops.shortConv(projection, { state: { kind: 'conv', channels, kernelSize: d.convKernel }, weight: w.conv, activation: 'silu' });
  const read = ops.linearAttention(mixed, {
    state: { kind: 'recurrent', heads: d.valueHeads, keyDim: d.keyDim, valueDim: d.valueDim },
    keyHeads: d.keyHeads,
    normalised: true,
    scale: d.keyDim ** -0.5,
    gating: { kind: 'delta', gates, betaColumn: 0, decayColumn: d.valueHeads, parameters: w.gateParameters, betaScale: d.betaScale ?? 1 },
  });
  const normalised = ops.gatedRmsNorm(read, projection, { heads: d.valueHeads, weight: w.norm, eps, gateOffset: channels });
  return ops.linear(normalised, w.output, { residual });
}

/** The short convolution and its activation stand between the layer's values and its output; its own norm does not. For projections that are apart. */
export function deltaNetScalings(prefix: string, norm: string, { hiddenSize, delta }: DeltaNetConfig, options: { readonly plusOne?: boolean } = {}): Scaling[] {
  const projections = ['in_proj_qkv', 'in_proj_z', 'in_proj_b', 'in_proj_a'].map((name) => `${prefix}.${name}.weight`);
  return [normScaling(norm, projections, hiddenSize, options), normScaling(`${prefix}.norm.weight`, [`${prefix}.out_proj.weight`], delta.valueDim, { repeated: true })];
}
