import { expect, test } from 'vitest';
import { GGML_TYPES as WRITTEN, GGML_TYPE_NAMES } from '../../tests/support/gguf/ggml-types.ts';
import { GGML_TYPES, ggmlTypeName, isGgmlType } from './ggml-types.ts';

test.each(GGML_TYPE_NAMES)('%s is what the table of the tests says, which is written from the fields of its blocks', (name) => {
  const { id, elements, bytes } = WRITTEN[name];
  expect(GGML_TYPES.get(id)).toEqual({ name, blockSize: elements, blockBytes: bytes });
  expect(isGgmlType(name)).toBe(true);
});

test('numbers are read too, other types are not, and every type has one name', () => {
  expect(['F64', 'I32', 'IQ2_XXS', 'F8_E4M3'].map(isGgmlType)).toEqual([true, true, false, false]);
  const blockTypes = [...GGML_TYPES.values()].filter(({ blockSize }) => blockSize > 1).map(({ name }) => name);
  expect(blockTypes.filter((name) => !Object.hasOwn(WRITTEN, name))).toEqual([]);
  const names = Array.from({ length: 50 }, (_, type) => ggmlTypeName(type));
  expect(new Set(names).size).toBe(50);
  expect([names[19], names[39], names[40], names[4]]).toEqual(['IQ1_S', 'MXFP4', 'NVFP4', 'ggml type 4']);
});
