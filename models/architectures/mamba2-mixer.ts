import type { LinearOptions, Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { concatenated, matrix, vector, type Loaded, type MatrixSpec } from '../weights/spec.ts';
import { normScaling, type Scaling } from './scaling.ts';

/** A Mamba-2 mixer (Dao & Gu 2024, arXiv:2405.21060, section 7): in_proj gives the columns [z | x | B | C | dt]. */
export interface Mamba2Config {
  readonly hiddenSize: number;
  readonly heads: number;
  /** Elements of x in a head. */
  readonly headDim: number;
  /** The heads of a group share B and C. */
  readonly groups: number;
  /** Elements of B and C in a group. */
  readonly stateSize: number;
  readonly convKernel: number;
  readonly convBias: boolean;
  /** On in_proj and, where the family has no switch of its own for that, on out_proj. */
  readonly projectionBias: boolean;
  readonly outputBias?: boolean;
  /** Range of the time step, `time_step_limit`. */
  readonly limits: readonly [least: number, most: number];
  /** RMSNorm of the output, in `groups` parts by themselves, before or after silu(z) multiplies it; absent: silu(z) alone. */
  readonly norm?: { readonly groups: number; readonly eps: number; readonly order: 'norm-first' | 'gate-first' };
}

/** What a config multiplies in_proj's input and its rows by (Falcon-H1). */
export interface ProjectionFactors {
  readonly input: number;
  readonly rows: (row: number) => number;
}

/** Width of z, and of x. */
export const mamba2Width = ({ heads, headDim }: Mamba2Config): number => heads * headDim;

/** Columns [x | B | C]. */
const convChannels = (c: Mamba2Config): number => mamba2Width(c) + 2 * c.groups * c.stateSize;

const withFactors = (spec: MatrixSpec, factors: ProjectionFactors | undefined): MatrixSpec =>
  factors ? { ...spec, parts: spec.parts.map((part) => ({ ...part, factor: (row) => factors.input * factors.rows(row) })) } : spec;

/** Weights of a mixer under `prefix`, whether the checkpoint calls it `mixer` or `mamba`. */
export function mamba2Weights(prefix: string, c: Mamba2Config, factors?: ProjectionFactors) {
  const width = mamba2Width(c);
  const channels = convChannels(c);
  const rows = width + channels + c.heads;
  return {
    projection: withFactors(matrix(`${prefix}.in_proj.weight`, rows, c.hiddenSize), factors),
    projectionBias: c.projectionBias ? vector(`${prefix}.in_proj.bias`, rows, factors && { map: (value, row) => factors.rows(row) * value }) : undefined,
    conv: vector(`${prefix}.conv1d.weight`, channels * c.convKernel, { shape: [channels, 1, c.convKernel] }),
    convBias: c.convBias ? vector(`${prefix}.conv1d.bias`, channels) : undefined,
    parameters: concatenated(`${prefix}.parameters`, [
      vector(`${prefix}.A_log`, c.heads, { map: (a) => -Math.exp(a) }),
      vector(`${prefix}.dt_bias`, c.heads),
      vector(`${prefix}.D`, c.heads),
    ]),
    norm: c.norm ? vector(`${prefix}.norm.weight`, width) : undefined,
    output: matrix(`${prefix}.out_proj.weight`, c.hiddenSize, width),
    outputBias: (c.outputBias ?? c.projectionBias) ? vector(`${prefix}.out_proj.bias`, c.hiddenSize) : undefined,
  };
}

/** in_proj after the layer's norm, out_proj after the mixer's own; convolution and recurrence stand between the two. */
export function mamba2Scalings(prefix: string, layerNorm: string, c: Mamba2Config): Scaling[] {
  const output = c.norm ? [normScaling(`${prefix}.norm.weight`, [`${prefix}.out_proj.weight`], mamba2Width(c))] : [];
  return [normScaling(layerNorm, [`${prefix}.in_proj.weight`], c.hiddenSize), ...output];
}

/** out_proj(norm(SSM(conv(x, B, C), dt), z)), by `options` scaled and added to a residual. */
export function mamba2Mixer(ops: Ops, normed: Tensor, w: Loaded<ReturnType<typeof mamba2Weights>>, c: Mamba2Config, options: Pick<LinearOptions, 'scale' | 'residual'> = {}): Tensor {
  const width = mamba2Width(c);
  const channels = convChannels(c);
  const projection = ops.linear(normed, w.projection, w.projectionBias ? { bias: w.projectionBias } : {});
  const mixed = ops.shortConv(projection, {
    state: { kind: 'conv', channels, kernelSize: c.convKernel },
    offset: width,
    weight: w.conv,
    ...(w.convBias && { bias: w.convBias }),
    activation: 'silu',
  });
  const read = ops.linearAttention(mixed, {
    state: { kind: 'recurrent', heads: c.heads, keyDim: c.stateSize, valueDim: c.headDim },
    keyHeads: c.groups,
    columns: { v: 0, k: width, q: width + c.groups * c.stateSize },
    normalised: false,
    scale: 1,
    gating: { kind: 'mamba2', gates: projection, column: width + channels, parameters: w.parameters, limits: c.limits },
  });
  const gated = ops.gatedRmsNorm(read, projection, {
    heads: c.norm?.groups ?? 1,
    ...(w.norm && c.norm && { weight: w.norm, eps: c.norm.eps, order: c.norm.order }),
    gateOffset: 0,
  });
  return ops.linear(gated, w.output, { ...options, ...(w.outputBias && { bias: w.outputBias }) });
}
