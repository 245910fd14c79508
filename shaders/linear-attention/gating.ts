import { f32, u32, type Constant } from '../kernel.ts';

/** What a mixer's gates are and where they lie; the formulas are those of `Gating` in engine/ops/vocabulary.ts. `stride`: row length of the tensor that holds them. */
export type GatingVariant =
  | { readonly kind: 'delta'; readonly stride: number; readonly betaColumn: number; readonly decayColumn: number; readonly betaScale: 1 | 2 }
  | { readonly kind: 'mamba2'; readonly stride: number; readonly column: number; readonly limits: readonly [least: number, most: number] }
  | { readonly kind: 'constant' };

/** Constants of the gates. Throws `RangeError` where they are not in their tensor. */
export function gatingConstants(gating: GatingVariant, heads: number): Record<string, Constant> {
  if (gating.kind !== 'delta') throw new RangeError(`linearAttention has no kernels for ${gating.kind} gates`);
  const { stride, betaColumn, decayColumn, betaScale } = gating;
  for (const first of [betaColumn, decayColumn]) {
    if (first + heads > stride) throw new RangeError(`linearAttention: gates at ${first}+${heads} exceed rows of ${stride}`);
  }
  return { GATES_STRIDE: u32(stride), BETA_COLUMN: u32(betaColumn), DECAY_COLUMN: u32(decayColumn), BETA_SCALE: f32(betaScale) };
}
