import { ceilDiv, roundUp, u32, type Constant } from '../kernel.ts';

/** Sizes of one real-gated linear recurrent unit, as in `recurrent_gemma`. */
export interface RgLruVariant {
  /** Blocks of the gates' block-diagonal matrices. */
  readonly heads: number;
  /** Channels of a block. */
  readonly headDim: number;
  /** Row length of the tensor that holds the gate of the output. */
  readonly gateStride: number;
  /** Column of that gate in it. */
  readonly gateOffset: number;
}

/** Tokens of a chunk; all chunks of a step run at the same time. The gates' kernel is laid out for 32: a tile of 32 × 32. */
export const CHUNK = 32;

export const chunksOf = (count: number): number => ceilDiv(count, CHUNK);

export const widthOf = ({ heads, headDim }: RgLruVariant): number => heads * headDim;

/** Length in f32 of what the gates leave for the scan, for steps of up to `capacity` tokens: [capacity, width, 2]. */
export const recurrenceLength = (variant: RgLruVariant, capacity: number): number => 2 * capacity * widthOf(variant);

/** Part of the kernels' labels. */
export const variantLabel = ({ heads, headDim }: RgLruVariant): string => `${heads}x${headDim}`;

/** Constants that the kernels share. Throws `RangeError` where the gate is not in its tensor. */
export function variantConstants(variant: RgLruVariant): Record<string, Constant> {
  const { heads, headDim, gateStride, gateOffset } = variant;
  const width = widthOf(variant);
  if (gateOffset + width > gateStride) throw new RangeError(`rgLru: columns ${gateOffset}+${width} exceed rows of ${gateStride}`);
  return { HEADS: u32(heads), HEAD_DIM: u32(headDim), WIDTH: u32(width), STRIDE: u32(roundUp(width, 4)), GATE_STRIDE: u32(gateStride), GATE_OFFSET: u32(gateOffset), CHUNK: u32(CHUNK) };
}
