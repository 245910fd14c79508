import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { interleaved, interleavedVector, matrix, vector, type Loaded } from '../weights/spec.ts';
import { normScaling, type Scaling } from './scaling.ts';

/** Weights of a gated `mlp` under `prefix`. */
export function mlpWeights(prefix: string, hiddenSize: number, intermediateSize: number, bias: boolean) {
  return {
    gateUp: interleaved(`${prefix}.gate_up_proj`, `${prefix}.gate_proj.weight`, `${prefix}.up_proj.weight`, intermediateSize, hiddenSize),
    gateUpBias: bias ? interleavedVector(`${prefix}.gate_up_proj.bias`, `${prefix}.gate_proj.bias`, `${prefix}.up_proj.bias`, intermediateSize) : undefined,
    down: matrix(`${prefix}.down_proj.weight`, hiddenSize, intermediateSize),
    downBias: bias ? vector(`${prefix}.down_proj.bias`, hiddenSize) : undefined,
  };
}

/** Gate and up after their norm; down after up, which only multiplies the activated gate. */
export function mlpScalings(prefix: string, norm: string, hiddenSize: number, intermediateSize: number, bias: boolean, options: { readonly plusOne?: boolean } = {}): Scaling[] {
  const [gate, up, down] = ['gate_proj', 'up_proj', 'down_proj'].map((name) => `${prefix}.${name}`);
  return [
    normScaling(norm, [`${gate}.weight`, `${up}.weight`], hiddenSize, options),
    { consumers: [`${down}.weight`], producers: [{ name: `${up}.weight` }, ...(bias ? [{ name: `${up}.bias` }] : [])], channels: intermediateSize, channelOf: (input) => input },
  ];
}

/** residual + down(activation(gate) ⊙ up), or without the residual. */
export function mlp(ops: Ops, normed: Tensor, residual: Tensor | undefined, w: Loaded<ReturnType<typeof mlpWeights>>, activation: 'silu' | 'gelu-tanh' = 'silu'): Tensor {
  return ops.gatedMlp(normed, w.gateUp, w.down, {
    activation,
    ...(residual && { residual }),
    ...(w.gateUpBias && { gateUpBias: w.gateUpBias }),
    ...(w.downBias && { downBias: w.downBias }),
  });
}
