/**
 * How one type of block is read and written. `decode` computes what ggml's `dequantize_row_*` computes (ggml-quants.c, at build 11364),
 * operation by operation in f32: `f32` marks each place where that rounds. Products are rounded before they are added to; a build of ggml
 * whose compiler fuses the two differs in the last bit.
 */
export interface BlockCodec {
  /** The block's elements; of floats, which are blocks of one, any number. */
  readonly decode: (block: DataView) => ArrayLike<number>;
  /** A block that decodes to about these elements; of floats, any number. */
  readonly encode: (values: Float32Array) => Uint8Array;
  /** Makes the scales of a block of arbitrary bytes finite. */
  readonly tame: (block: DataView) => void;
}

export const f32 = Math.fround;

/** An f16 with the exponent of infinities and NaN gets another one. */
export function tameHalf(block: DataView, offset: number): void {
  const half = block.getUint16(offset, true);
  if ((half & 0x7c00) === 0x7c00) block.setUint16(offset, half ^ 0x4000, true);
}

/** The code whose level is nearest to `value`. */
export function nearestCode(levels: ArrayLike<number>, value: number): number {
  let best = 0;
  for (let code = 1; code < levels.length; code++) if (Math.abs(levels[code] - value) < Math.abs(levels[best] - value)) best = code;
  return best;
}

export const clamp = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** The element that is farthest from 0, with its sign. */
export function farthest(values: Float32Array): number {
  return values.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
}

/** 0 where there is nothing to divide by: a block of zeros. */
export const inverse = (value: number): number => (value === 0 ? 0 : 1 / value);
