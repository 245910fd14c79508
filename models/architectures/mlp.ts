import type { GatedMlpOptions, Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { interleaved, interleavedVector, matrix, vector, type Loaded } from '../weights/spec.ts';
import { normScaling, type Scaling } from './scaling.ts';

/** What a checkpoint calls the projections of a gated MLP. */
export interface MlpNames {
  readonly gate: string;
  readonly up: string;
  readonly down: string;
}

export const PROJ_NAMES: MlpNames = { gate: 'gate_proj', up: 'up_proj', down: 'down_proj' };
/** As Meta's Llama and Mixtral have them. */
export const W_NAMES: MlpNames = { gate: 'w1', up: 'w3', down: 'w2' };

/** Weights of a gated `mlp` under `prefix`. */
export function mlpWeights(prefix: string, hiddenSize: number, intermediateSize: number, bias: boolean, names = PROJ_NAMES) {
  const [gate, up, down] = [names.gate, names.up, names.down].map((name) => `${prefix}.${name}`);
  return {
    gateUp: interleaved(`${prefix}.gate_up_proj`, `${gate}.weight`, `${up}.weight`, intermediateSize, hiddenSize),
    gateUpBias: bias ? interleavedVector(`${prefix}.gate_up_proj.bias`, `${gate}.bias`, `${up}.bias`, intermediateSize) : undefined,
    down: matrix(`${down}.weight`, hiddenSize, intermediateSize),
    downBias: bias ? vector(`${down}.bias`, hiddenSize) : undefined,
  };
}

/** Gate and up after their norm; down after up, which only multiplies the activated gate. */
export function mlpScalings(prefix: string, norm: string, hiddenSize: number, intermediateSize: number, bias: boolean, { names = PROJ_NAMES, ...options }: { readonly plusOne?: boolean; readonly names?: MlpNames } = {}): Scaling[] {
  const [gate, up, down] = [names.gate, names.up, names.down].map((name) => `${prefix}.${name}`);
  return [
    normScaling(norm, [`${gate}.weight`, `${up}.weight`], hiddenSize, options),
    { consumers: [`${down}.weight`], producers: [{ name: `${up}.weight` }, ...(bias ? [{ name: `${up}.bias` }] : [])], channels: intermediateSize, channelOf: (input) => input },
  ];
}

/** residual + scale · down(activation(gate) ⊙ up), or without the residual. Default: SiLU, and a scale of 1. */
export function mlp(ops: Ops, normed: Tensor, residual: Tensor | undefined, w: Loaded<ReturnType<typeof mlpWeights>>, options: Partial<Pick<GatedMlpOptions, 'activation' | 'scale' | 'outputGate'>> = {}): Tensor {
  return ops.gatedMlp(normed, w.gateUp, w.down, {
    activation: 'silu',
    ...options,
    ...(residual && { residual }),
    ...(w.gateUpBias && { gateUpBias: w.gateUpBias }),
    ...(w.downBias && { downBias: w.downBias }),
  });
}
