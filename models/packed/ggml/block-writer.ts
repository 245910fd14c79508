import type { WeightFormat } from '../../../shaders/dequant/weight-format.ts';

/** Bytes of each plane; `high` is empty where a format has none. */
export interface PlaneBytes {
  readonly quants: Uint8Array<ArrayBuffer>;
  readonly high: Uint8Array<ArrayBuffer>;
  readonly scales: Uint8Array<ArrayBuffer>;
}

/** Where a block's part of each plane begins. */
export interface PlaneOffsets {
  quants: number;
  high: number;
  scales: number;
}

/** How blocks of one ggml type become planes (layouts: ggml-common.h, meaning: `dequantize_row_*` in ggml-quants.c). */
export interface BlockType {
  readonly format: WeightFormat;
  /** Weights in a block. */
  readonly size: number;
  /** Bytes of a block in the file. */
  readonly bytes: number;
  /** Bytes that a block takes in each plane. */
  readonly planeBytes: Readonly<PlaneOffsets>;
  /** Writes the block that begins at `source[at]`. Returns false where a scale is not finite or too large. */
  readonly write: (source: Uint8Array, at: number, planes: PlaneBytes, to: Readonly<PlaneOffsets>) => boolean;
}

/** Copies bytes; for so few of them a loop is faster than `set`. */
export function copy(source: Uint8Array, from: number, target: Uint8Array, to: number, count: number): void {
  for (let i = 0; i < count; i++) target[to + i] = source[from + i];
}

export const isFiniteHalf = (source: Uint8Array, at: number): boolean => (source[at + 1] & 0x7c) !== 0x7c;
