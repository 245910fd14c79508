import { alternating } from '../weights/row-orders.ts';
import { matrix } from '../weights/spec.ts';
import type { mlpWeights } from './mlp.ts';

/** Weights of a gated MLP under `prefix` whose tensor `gateUp` has all rows of the gate, then all others. */
export const fusedMlpWeights = (prefix: string, hiddenSize: number, intermediateSize: number, { gateUp, down }: { readonly gateUp: string; readonly down: string }): ReturnType<typeof mlpWeights> => ({
  gateUp: matrix(`${prefix}.${gateUp}.weight`, 2 * intermediateSize, hiddenSize, { order: alternating(2 * intermediateSize) }),
  gateUpBias: undefined,
  down: matrix(`${prefix}.${down}.weight`, hiddenSize, intermediateSize),
  downBias: undefined,
});
