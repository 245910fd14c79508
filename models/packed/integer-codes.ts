import { CODES, type CodeName } from '../../shaders/dequant/codes.ts';
import { BLOCK, type PlaneName } from '../../shaders/dequant/plane.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { wordsOf } from './module-tensors.ts';
import type { RowConverter } from './packing.ts';

/** Bits of an integer code. */
export type Bits = 2 | 3 | 4 | 8;

export const codeName = (bits: Bits): CodeName => `int${bits}`;

/** The code of zero where a checkpoint has no zero points: half the range, counted from the smallest code. */
export const middle = (bits: Bits): number => 1 << (bits - 1);

/** A word of codes that all are zero, as they lie on the GPU, where bytes are signed. */
export const ZERO_WORDS = { 2: 0xaaaaaaaa | 0, 4: 0x88888888 | 0, 8: 0 } as const;

/** What turns unsigned bytes into the GPU's signed ones and back; codes of fewer bits are the same there. */
export const SIGN_FLIPS = { 2: 0, 4: 0, 8: 0x80808080 | 0 } as const;

/**
 * Unpacks rows `first` … `first + count` of a weight into bytes `codes` [count, stride]: the code of input k, counted from the
 * smallest, at `position[k]`.
 */
export type CodeReader = (words: Int32Array, first: number, count: number, position: Uint32Array, codes: Uint8Array, stride: number) => void;

/** Codes, one a byte, as planes. Their number is a multiple of 32. */
const WRITERS: Readonly<Record<Bits, (codes: Uint8Array, planes: Readonly<Record<string, Uint8Array>>, at: number) => void>> = {
  2: (codes, { quants }, at) => writePairs(codes, quants, at),
  3: (codes, { quants, high }, at) => {
    writePairs(codes, quants, at);
    for (let i = 0; i < codes.length / 8; i++) {
      let byte = 0;
      for (let bit = 0; bit < 8; bit++) byte |= (codes[8 * i + bit] >> 2) << bit;
      high[at / 8 + i] = byte;
    }
  },
  4: (codes, { quants }, at) => {
    for (let i = 0; i < codes.length / 2; i++) quants[at / 2 + i] = codes[2 * i] | (codes[2 * i + 1] << 4);
  },
  8: (codes, { quants }, at) => {
    for (let i = 0; i < codes.length; i++) quants[at + i] = codes[i] ^ 0x80;
  },
};

function writePairs(codes: Uint8Array, quants: Uint8Array, at: number): void {
  for (let i = 0; i < codes.length / 4; i++) quants[at / 4 + i] = (codes[4 * i] & 3) | ((codes[4 * i + 1] & 3) << 2) | ((codes[4 * i + 2] & 3) << 4) | ((codes[4 * i + 3] & 3) << 6);
}

/** Rows that are unpacked at a time: their codes stay in the processor's cache. */
const TILE = 16;

/**
 * Codes that have to be taken apart because the GPU packs them otherwise, or in another order.
 *
 * @param position Where the code of input k goes, [inputs].
 */
export function repackedCodes(bits: Bits, inputs: number, position: Uint32Array, read: CodeReader): RowConverter {
  const stride = roundUp(inputs, BLOCK);
  return (bytes, first, count) => {
    const words = wordsOf(bytes);
    const planes: Partial<Record<PlaneName, Uint8Array<ArrayBuffer>>> = {};
    for (const { name, bytesPerRow } of CODES[codeName(bits)].planes) planes[name] = new Uint8Array(count * bytesPerRow(inputs));
    const codes = new Uint8Array(TILE * stride).fill(middle(bits));
    for (let row = 0; row < count; row += TILE) {
      const rows = Math.min(TILE, count - row);
      read(words, first + row, rows, position, codes, stride);
      WRITERS[bits](codes.subarray(0, rows * stride), planes as Record<string, Uint8Array>, row * stride);
    }
    return planes;
  };
}
