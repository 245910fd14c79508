import { bool, roundUp, u32, type Binding, type Constant } from '../kernel.ts';
import { CHUNK, variantConstants, type MixerShape } from '../linear-attention/variant.ts';
import type { ChannelGating, Delta } from './gating.ts';

/**
 * A mixer whose state forgets by a factor of its own for each channel of the keys: S ← diag(α) S + b (pᵀ S) + k̃ vᵀ, o = Sᵀ q,
 * with α, p, b and k̃ as `gating` makes them. α, p and b belong to the key heads.
 */
export interface ChannelVariant extends MixerShape {
  readonly gating: ChannelGating;
}

/** Rows [CHUNK, keyDim] that a chunk leaves to the scan: decayed q and k, then p, then b. */
const ROWS: Readonly<Record<Delta, number>> = { none: 2, tied: 3, general: 4 };
/** Matrices [CHUNK, CHUNK] likewise: q on k, then the inverse, then p on k and q on b. */
const MATRICES: Readonly<Record<Delta, number>> = { none: 1, tied: 2, general: 4 };

/** Lengths in f32 of the buffers between the chunk kernel and the scan, by binding name, for steps of up to `capacity` tokens. */
export function channelScratchLengths({ valueHeads, keyDim, gating }: ChannelVariant, capacity: number): Readonly<Record<'matrices' | 'rows' | 'decays', number>> {
  const tokens = roundUp(capacity, CHUNK) * valueHeads;
  return { matrices: tokens * CHUNK * MATRICES[gating.delta], rows: tokens * keyDim * ROWS[gating.delta], decays: (tokens / CHUNK) * 2 * keyDim };
}

/** Part of the kernels' labels. */
export const channelLabel = ({ keyHeads, valueHeads, keyDim, valueDim, gating }: ChannelVariant): string => `${gating.label}/${keyHeads}x${keyDim}+${valueHeads}x${valueDim}`;

/** Constants that the kernels share. Throws `RangeError` for sizes that they cannot take. */
export const channelConstants = (variant: ChannelVariant): Record<string, Constant> => ({
  ...variantConstants(variant),
  TIED: bool(variant.gating.delta === 'tied'),
  GENERAL: bool(variant.gating.delta === 'general'),
  ROWS: u32(ROWS[variant.gating.delta]),
  MATRICES: u32(MATRICES[variant.gating.delta]),
});

/** A kernel's own bindings, then those of its gating, whose snippets know their places by constants such as `DECAY_BINDING`. */
export function withGating(own: readonly Binding[], { gating }: ChannelVariant): { readonly bindings: readonly Binding[]; readonly constants: Record<string, Constant> } {
  const places = Object.entries(gating.bindings);
  return {
    bindings: [...own, ...places.map(([, name]): Binding => ({ name, type: 'read' }))],
    constants: { ...gating.constants, ...Object.fromEntries(places.map(([place], i) => [place, u32(own.length + i)])) },
  };
}
