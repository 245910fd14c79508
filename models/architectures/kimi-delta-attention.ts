import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { concatenated, matrix, stacked, vector, type Loaded } from '../weights/spec.ts';

/** A layer of Kimi Delta Attention (arXiv:2510.26692). */
export interface KimiDeltaConfig {
  readonly heads: number;
  /** Of q, k and v, and the rank of the gates. */
  readonly headDim: number;
  readonly convKernel: number;
}

export function kimiDeltaWeights(prefix: string, hiddenSize: number, { heads, headDim, convKernel }: KimiDeltaConfig) {
  const width = heads * headDim;
  const [q, k, v] = ['q', 'k', 'v'].map((name) => `${prefix}.${name}`);
  const lowRank = (name: string) => ({ down: matrix(`${prefix}.${name}_a_proj.weight`, headDim, hiddenSize), up: matrix(`${prefix}.${name}_b_proj.weight`, width, headDim) });
  return {
    projection: stacked(`${prefix}.qkv_proj`, [[`${q}_proj.weight`, width], [`${k}_proj.weight`, width], [`${v}_proj.weight`, width]], hiddenSize),
    conv: concatenated(`${prefix}.conv1d.weight`, [q, k, v].map((name) => vector(`${name}_conv1d.weight`, width * convKernel, { shape: [width, 1, convKernel] }))),
    beta: matrix(`${prefix}.b_proj.weight`, heads, hiddenSize, { role: 'dense' }),
    decay: lowRank('f'),
    decayParameters: concatenated(`${prefix}.decay_parameters`, [
      vector(`${prefix}.A_log`, heads, { shape: [1, 1, heads, 1], map: (a) => -Math.exp(a) }),
      vector(`${prefix}.dt_bias`, width),
    ]),
    gate: lowRank('g'),
    norm: vector(`${prefix}.o_norm.weight`, headDim),
    output: matrix(`${prefix}.o_proj.weight`, hiddenSize, width),
  };
}

/** residual + o_proj(norm(what the states hold under q) · sigmoid(gate)); decays and gate are projected through a rank of one head. */
export function kimiDeltaAttention(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof kimiDeltaWeights>>, { heads, headDim, convKernel, eps }: KimiDeltaConfig & { readonly eps: number }): Tensor {
  const channels = 3 * heads * headDim;
  const lowRank = ({ down, up }: typeof w.decay): Tensor => ops.linear(ops.linear(normed, down), up);
  const mixed = ops.shortConv(ops.linear(normed, w.projection), { state: { kind: 'conv', channels, kernelSize: convKernel }, weight: w.conv, activation: 'silu' });
  const read = ops.linearAttention(mixed, {
    state: { kind: 'recurrent', heads, keyDim: headDim, valueDim: headDim },
    keyHeads: heads,
    normalised: true,
    scale: headDim ** -0.5,
    gating: {
      kind: 'kda',
      decay: { tensor: lowRank(w.decay), column: 0 },
      beta: { tensor: ops.linear(normed, w.beta), column: 0 },
      parameters: w.decayParameters,
      betaScale: 1,
    },
  });
  const gated = ops.gatedRmsNorm(read, lowRank(w.gate), { heads, weight: w.norm, eps, gateOffset: 0, activation: 'sigmoid' });
  return ops.linear(gated, w.output, { residual });
}
