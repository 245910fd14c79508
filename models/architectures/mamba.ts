import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { MAX_STATE_SIZE } from '../../shaders/selective-scan/variant.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { concatenated, matrix, vector, type Loaded, type MatrixSpec } from '../weights/spec.ts';
import { normScaling, type Scaling } from './scaling.ts';

/** Mamba-1, as it was published or as Jamba has it. */
export interface MambaConfig {
  readonly hiddenSize: number;
  /** Of the norms on the step sizes, B and C (Jamba); absent: there are none. */
  readonly innerEps?: number | undefined;
  /** Channels of the state space. */
  readonly inner: number;
  readonly stateSize: number;
  readonly convKernel: number;
  /** Columns that the step sizes are projected from. */
  readonly stepRank: number;
  readonly convBias: boolean;
  /** On the projections in and out. */
  readonly mambaBias: boolean;
}

/** The `mamba_…` keys. Throws `ConfigError` naming the key. */
export function mambaConfig(c: ConfigReader, hiddenSize: number): Omit<MambaConfig, 'hiddenSize' | 'innerEps'> {
  return {
    inner: c.integer('mamba_expand', { min: 1, default: 2 }) * hiddenSize,
    stateSize: c.integer('mamba_d_state', { min: 1, max: MAX_STATE_SIZE, default: 16 }),
    convKernel: c.integer('mamba_d_conv', { min: 2, default: 4 }),
    stepRank: c.raw('mamba_dt_rank') === 'auto' ? Math.ceil(hiddenSize / 16) : c.integer('mamba_dt_rank', { min: 1, default: Math.ceil(hiddenSize / 16) }),
    convBias: c.boolean('mamba_conv_bias', { default: true }),
    mambaBias: c.boolean('mamba_proj_bias', { default: false }),
  };
}

/** dt_proj over all columns of `mix`, B's and C's with zeros: without a norm that takes the first of them, nothing else does. Packed weights cannot be widened. */
function stepsOfMix(name: string, { inner, stepRank, stateSize }: MambaConfig): MatrixSpec {
  const spec = matrix(name, inner, stepRank + 2 * stateSize, { role: 'dense' });
  return { ...spec, parts: spec.parts.map((part) => ({ ...part, columns: { start: 0, count: stepRank } })) };
}

/** Weights of a Mamba layer under `prefix`. */
export function mambaWeights(prefix: string, m: MambaConfig) {
  const norm = (name: string, length: number) => vector(`${prefix}.${name}_layernorm.weight`, length);
  const bias = (name: string, length: number) => (m.mambaBias ? vector(`${prefix}.${name}.bias`, length) : undefined);
  return {
    projection: matrix(`${prefix}.in_proj.weight`, 2 * m.inner, m.hiddenSize),
    projectionBias: bias('in_proj', 2 * m.inner),
    conv: vector(`${prefix}.conv1d.weight`, m.inner * m.convKernel, { shape: [m.inner, 1, m.convKernel] }),
    convBias: m.convBias ? vector(`${prefix}.conv1d.bias`, m.inner) : undefined,
    mix: matrix(`${prefix}.x_proj.weight`, m.stepRank + 2 * m.stateSize, m.inner),
    stepNorm: m.innerEps === undefined ? undefined : norm('dt', m.stepRank),
    steps: m.innerEps === undefined ? stepsOfMix(`${prefix}.dt_proj.weight`, m) : matrix(`${prefix}.dt_proj.weight`, m.inner, m.stepRank),
    stepBias: vector(`${prefix}.dt_proj.bias`, m.inner),
    parameters: concatenated(`${prefix}.parameters`, [
      vector(`${prefix}.A_log`, m.inner * m.stateSize, { shape: [m.inner, m.stateSize], map: (a) => -Math.exp(a) }),
      vector(`${prefix}.D`, m.inner),
      ...(m.innerEps === undefined ? [] : [norm('b', m.stateSize), norm('c', m.stateSize)]),
    ]),
    output: matrix(`${prefix}.out_proj.weight`, m.hiddenSize, m.inner),
    outputBias: bias('out_proj', m.hiddenSize),
  };
}

/** Where there are norms inside: in_proj after its norm, dt_proj after that of the step sizes. Convolution, gate and state stand between the others. */
export function mambaScalings(prefix: string, norm: string, { hiddenSize, stepRank }: MambaConfig): Scaling[] {
  return [normScaling(norm, [`${prefix}.in_proj.weight`], hiddenSize), normScaling(`${prefix}.dt_layernorm.weight`, [`${prefix}.dt_proj.weight`], stepRank)];
}

/** The projection in, its columns [x | z], and what the state space of x gives: times silu(z) where `gated`. */
export function mambaRead(ops: Ops, normed: Tensor, w: Loaded<ReturnType<typeof mambaWeights>>, m: MambaConfig, gated: boolean): { readonly projection: Tensor; readonly read: Tensor } {
  const projection = ops.linear(normed, w.projection, w.projectionBias ? { bias: w.projectionBias } : {});
  const x = ops.shortConv(projection, { state: { kind: 'conv', channels: m.inner, kernelSize: m.convKernel }, weight: w.conv, activation: 'silu', ...(w.convBias && { bias: w.convBias }) });
  const mix = ops.linear(x, w.mix);
  const read = ops.selectiveScan(x, {
    state: { kind: 'diagonal', channels: m.inner, stateSize: m.stateSize },
    steps: ops.linear(w.stepNorm && m.innerEps !== undefined ? ops.rmsNorm(mix, w.stepNorm, m.innerEps) : mix, w.steps, { bias: w.stepBias }),
    mix,
    mixOffset: m.stepRank,
    ...(m.innerEps !== undefined && { norm: { eps: m.innerEps } }),
    parameters: w.parameters,
    ...(gated && { gate: { tensor: projection, column: m.inner } }),
  });
  return { projection, read };
}

/** residual + Mamba (Gu & Dao 2023, arXiv:2312.00752), with norms on the step sizes, B and C where there are such. */
export function mamba(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof mambaWeights>>, m: MambaConfig): Tensor {
  return mambaOutput(ops, mambaRead(ops, normed, w, m, true).read, residual, w);
}

/** residual + the projection out. */
export const mambaOutput = (ops: Ops, read: Tensor, residual: Tensor, w: Pick<Loaded<ReturnType<typeof mambaWeights>>, 'output' | 'outputBias'>): Tensor =>
  ops.linear(read, w.output, { residual, ...(w.outputBias && { bias: w.outputBias }) });
