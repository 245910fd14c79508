import type { CodeName } from '../../shaders/dequant/codes.ts';

/** Bits of an integer code. */
export type Bits = 2 | 3 | 4 | 8;

export const codeName = (bits: Bits): CodeName => `int${bits}`;

/** The code of zero where a checkpoint has no zero points: half the range, counted from the smallest code. */
export const middle = (bits: Bits): number => 1 << (bits - 1);

/** A word of codes that all are zero, as they lie on the GPU, where bytes are signed. */
export const ZERO_WORDS = { 2: 0xaaaaaaaa | 0, 4: 0x88888888 | 0, 8: 0 } as const;

/** What turns unsigned bytes into the GPU's signed ones; codes of fewer bits are the same there. */
export const SIGN_FLIPS = { 2: 0, 4: 0, 8: 0x80808080 | 0 } as const;

/** Bits of a code in each of its planes. */
export const PLANE_BITS = { 2: { quants: 2 }, 3: { quants: 2, high: 1 }, 4: { quants: 4 }, 8: { quants: 8 } } as const;
