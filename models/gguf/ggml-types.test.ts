import { expect, test } from 'vitest';
import { GGML_TYPES, ggmlTypeName, isGgmlType } from './ggml-types.ts';

// Fields of the blocks in ggml-common.h: halves are 2 bytes, QK_K is 256.
const QK = 256;
const BLOCKS: Readonly<Record<string, readonly [number, number]>> = {
  Q4_0: [32, 2 + 16],
  Q4_1: [32, 2 + 2 + 16],
  Q5_0: [32, 2 + 4 + 16],
  Q5_1: [32, 2 + 2 + 4 + 16],
  Q8_0: [32, 2 + 32],
  Q2_K: [QK, QK / 16 + QK / 4 + 2 + 2],
  Q3_K: [QK, QK / 8 + QK / 4 + 12 + 2],
  Q4_K: [QK, 2 + 2 + 12 + QK / 2],
  Q5_K: [QK, 2 + 2 + 12 + QK / 8 + QK / 2],
  Q6_K: [QK, QK / 2 + QK / 4 + QK / 16 + 2],
  IQ4_NL: [32, 2 + 16],
  IQ4_XS: [QK, 2 + 2 + QK / 64 + QK / 2],
  MXFP4: [32, 1 + 16],
  NVFP4: [64, 64 / 16 + 64 / 2],
};

test.each(Object.entries(BLOCKS))('%s holds its fields', (name, [blockSize, blockBytes]) => {
  expect([...GGML_TYPES.values()].find((type) => type.name === name)).toEqual({ name, blockSize, blockBytes });
  expect(isGgmlType(name)).toBe(true);
});

test('numbers are read too, other types are not, and every type has one name', () => {
  expect(['F32', 'F16', 'BF16', 'F64', 'I32', 'IQ2_XXS', 'F8_E4M3'].map(isGgmlType)).toEqual([true, true, true, true, true, false, false]);
  expect([...GGML_TYPES.values()].filter(({ blockSize }) => blockSize > 1)).toHaveLength(Object.keys(BLOCKS).length);
  const names = Array.from({ length: 50 }, (_, type) => ggmlTypeName(type));
  expect(new Set(names).size).toBe(50);
  expect([names[19], names[39], names[40], names[4]]).toEqual(['IQ1_S', 'MXFP4', 'NVFP4', 'ggml type 4']);
});
