import { f32, roundUp, u32, type Constant } from '../kernel.ts';
import { CHUNK } from '../linear-attention/variant.ts';

/** The first of the two passes of gated slot attention: the keys that slots hold, and how well each suits q. */
export interface SlotScoresVariant {
  readonly heads: number;
  /** Elements of q and k; a multiple of 4. */
  readonly keyDim: number;
  /** Of a head. */
  readonly slots: number;
  /** Row length of the tensor that holds q and k; a multiple of 4. */
  readonly mixedStride: number;
  /** First columns in it of q and k, heads · keyDim each; multiples of 4. */
  readonly columns: { readonly q: number; readonly k: number };
  /** Factor of q. */
  readonly scale: number;
  /** Where a tensor [T, stride] holds the decays' logits, [heads, slots]. */
  readonly decay: { readonly stride: number; readonly column: number };
  /** What the log-sigmoids of these are divided by. */
  readonly normalizer: number;
}

/** Elements of one slot of the state: [heads, slots, keyDim]. */
export const stateLength = ({ heads, slots, keyDim }: SlotScoresVariant): number => heads * slots * keyDim;

/** Lengths in f32 of the buffers between the chunk kernel and the scan, by binding name, for steps of up to `capacity` tokens. */
export function slotScratchLengths({ heads, slots }: SlotScoresVariant, capacity: number): Readonly<Record<'rows' | 'decays', number>> {
  const tokens = roundUp(capacity, CHUNK) * heads;
  return { rows: tokens * 2 * slots, decays: (tokens / CHUNK) * 2 * slots };
}

export const slotLabel = ({ heads, keyDim, slots, normalizer }: SlotScoresVariant): string => `${heads}x${keyDim}+${slots}/by${normalizer}`;

/** Constants that the kernels share. Throws `RangeError` for sizes that they cannot take. */
export function slotConstants({ heads, keyDim, slots, mixedStride, columns, scale, decay, normalizer }: SlotScoresVariant): Record<string, Constant> {
  if (keyDim % 4 || mixedStride % 4) throw new RangeError(`slotScores needs keys and rows of a multiple of 4 elements, got ${keyDim} and ${mixedStride}`);
  for (const first of Object.values(columns)) {
    if (first % 4 || first + heads * keyDim > mixedStride) throw new RangeError(`slotScores: columns ${first}+${heads * keyDim} do not begin at a multiple of 4 or exceed rows of ${mixedStride}`);
  }
  if (decay.column + heads * slots > decay.stride) throw new RangeError(`slotScores: columns ${decay.column}+${heads * slots} exceed rows of ${decay.stride}`);
  return {
    HEADS: u32(heads),
    KEY_VECS: u32(keyDim / 4),
    SLOTS: u32(slots),
    MIXED_VECS: u32(mixedStride / 4),
    Q_VEC: u32(columns.q / 4),
    K_VEC: u32(columns.k / 4),
    Q_SCALE: f32(scale),
    DECAY_STRIDE: u32(decay.stride),
    DECAY_COLUMN: u32(decay.column),
    NORMALIZER: f32(normalizer),
    OUT_STRIDE: u32(roundUp(heads * slots, 4)),
  };
}
