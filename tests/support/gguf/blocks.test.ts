import { describe, expect, test } from 'vitest';
import { normal } from '../../../shaders/random.ts';
import { decodeBlocks, encodeBlocks, randomBlocks } from './blocks.ts';
import { GGML_TYPE_NAMES, GGML_TYPES, type GgmlTypeName } from './ggml-types.ts';

/** 1, 2 and 0.5 as little-endian halves. */
const [ONE, TWO, HALF] = [
  [0, 0x3c],
  [0, 0x40],
  [0, 0x38],
];

/** A block with these bytes at these places, else 0. */
function block(type: GgmlTypeName, bytes: Readonly<Record<number, readonly number[]>>): Uint8Array {
  const filled = new Uint8Array(GGML_TYPES[type].bytes);
  for (const [offset, values] of Object.entries(bytes)) filled.set(values, Number(offset));
  return filled;
}

// tests/oracle/ holds the decoders against llama.cpp's; these say in small what each layout is.
test.each<[GgmlTypeName, Uint8Array, Readonly<Record<number, number>>]>([
  ['Q4_0', block('Q4_0', { 0: HALF, 2: [0x1f], 17: [0xa0] }), { 0: 3.5, 16: -3.5, 15: -4, 31: 1, 1: -4 }],
  ['Q4_1', block('Q4_1', { 0: HALF, 2: TWO, 4: [0x1f] }), { 0: 9.5, 16: 2.5, 1: 2 }],
  ['Q5_0', block('Q5_0', { 0: HALF, 2: [1, 0, 1, 0], 6: [0x21] }), { 0: 0.5, 16: 1, 1: -8 }],
  ['Q5_1', block('Q5_1', { 0: HALF, 2: ONE, 4: [1, 0, 0, 0x80], 8: [0x21] }), { 0: 9.5, 16: 2, 31: 9, 1: 1 }],
  ['Q8_0', block('Q8_0', { 0: TWO, 2: [0x80, 127] }), { 0: -256, 1: 254, 2: 0 }],
  // Scale and minimum of the first group 3 and 2, of the tenth (elements 144–159) 1 and 0.
  ['Q2_K', block('Q2_K', { 0: [0x23], 9: [0x01], 16: [0b00000110], 64: [0b00000010], 80: TWO, 82: HALF }), { 0: 11, 32: 0, 144: 4 }],
  // Third bits count 4 where they are set, codes begin at −4, scales at −32.
  ['Q3_K', block('Q3_K', { 0: [0b1], 32: [0b1101], 96: [0x01], 104: [0b10], 108: ONE }), { 0: 1, 1: -4, 32: -32 * -1 }],
  // Group 0: scale 33, minimum 1. Group 4: the scale's low nibble 5, its top bits from byte 0; the minimum's 2.
  ['Q4_K', block('Q4_K', { 0: ONE, 2: HALF, 4: [0x40 | 33], 8: [1], 12: [0x25], 16: [0xf3], 80: [0x0a] }), { 0: 98.5, 32: 0, 128: 209, 129: -1 }],
  ['Q5_K', block('Q5_K', { 0: ONE, 2: HALF, 4: [2], 16: [0b1], 48: [0x03] }), { 0: 38, 1: 0 }],
  ['Q6_K', block('Q6_K', { 0: [0x2f], 128: [0b00000001], 192: [0xff], 196: [2], 208: HALF }), { 0: 0.5, 64: -30, 1: 16 }],
  ['IQ4_NL', block('IQ4_NL', { 0: HALF, 2: [0xf8] }), { 0: 0.5, 16: 56.5, 1: -63.5 }],
  // Sub-block 1: low nibble 1, high pair 3, so 49 − 32.
  ['IQ4_XS', block('IQ4_XS', { 0: ONE, 2: [0b1100], 4: [0x10], 24: [0x98] }), { 32: 17, 48: 17 * 13, 33: 17 * -127, 0: 32 * 127 }],
  ['MXFP4', block('MXFP4', { 0: [128], 1: [0xf7] }), { 0: 12, 16: -12, 1: 0 }],
  // Scales 1.5 and the smallest, 2^−9.
  ['NVFP4', block('NVFP4', { 0: [0x3c, 1], 4: [0x2b], 12: [0x02] }), { 0: -2.25, 8: 1.5, 16: 2 ** -9 }],
  ['BF16', Uint8Array.of(0x20, 0xc1), { 0: -10 }],
])('a block of %s', (type, bytes, expected) => {
  const values = decodeBlocks(type, bytes);
  expect(values).toHaveLength(GGML_TYPES[type].elements);
  for (const [place, value] of Object.entries(expected)) expect(values[Number(place)], `element ${place}`).toBe(value);
});

/** Root mean square errors relative to that of normal deviates: what so many bits give. */
const ERRORS: Readonly<Record<GgmlTypeName, number>> = {
  F32: 0,
  F16: 3e-4,
  BF16: 3e-3,
  Q4_0: 0.11,
  Q4_1: 0.09,
  Q5_0: 0.05,
  Q5_1: 0.045,
  Q8_0: 0.006,
  Q2_K: 0.4,
  Q3_K: 0.2,
  Q4_K: 0.1,
  Q5_K: 0.05,
  Q6_K: 0.025,
  IQ4_NL: 0.09,
  IQ4_XS: 0.1,
  MXFP4: 0.15,
  NVFP4: 0.12,
};

describe.each(GGML_TYPE_NAMES)('%s', (type) => {
  test('values that are written are read again, as far as its bits go', () => {
    const values = normal(4096, 11, 0.05);
    const read = decodeBlocks(type, encodeBlocks(type, values));
    const square = (of: Float32Array): number => of.reduce((sum, value) => sum + value ** 2, 0);
    expect(Math.sqrt(square(read.map((value, i) => value - values[i])) / square(values))).toBeLessThanOrEqual(ERRORS[type]);
  });

  test('zeros stay zeros', () => {
    const read = decodeBlocks(type, encodeBlocks(type, new Float32Array(256)));
    expect(read.every((value) => value === 0)).toBe(true);
  });

  test('random blocks are finite, use every value of a byte, and are those of their seed', () => {
    const count = Math.ceil(16_384 / GGML_TYPES[type].bytes);
    const blocks = randomBlocks(type, count, 3);
    expect(decodeBlocks(type, blocks).every(Number.isFinite)).toBe(true);
    expect(new Set(blocks).size).toBe(256);
    expect(randomBlocks(type, count, 3)).toEqual(blocks);
    expect(randomBlocks(type, count, 4)).not.toEqual(blocks);
  });

  test('a part of a block is an error', () => {
    expect(() => decodeBlocks(type, new Uint8Array(GGML_TYPES[type].bytes + 1))).toThrow(type);
  });
});
