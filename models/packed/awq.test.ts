import { describe, expect, test } from 'vitest';
import { expectUnpacked, failure, layoutOf, numbers, packBits, randomCodes, randomScales, storedModule, transpose, withContents, type Contents } from '../../tests/support/packed-modules.ts';

const ORDER = [0, 2, 4, 6, 1, 3, 5, 7];

/** Nibble i of each word is column 8c + ORDER[i]. */
const packed = (rows: readonly (readonly number[])[]): Contents => ['I32', [rows.length, rows[0].length / 8], packBits(rows.map((row) => row.map((_, i) => row[i - (i % 8) + ORDER[i % 8]])), 4)];

function checkpoint(rows: number, inputs: number, group: number, dtype: 'F16' | 'F32' = 'F16') {
  const size = group === -1 ? inputs : group;
  const groups = Math.ceil(inputs / size);
  const codes = randomCodes(rows, inputs, 16, 1);
  const zeros = randomCodes(rows, groups, 16, 2);
  const scales = randomScales(rows, groups, 3);
  return {
    config: { quant_method: 'awq', bits: 4, group_size: group, zero_point: true, version: 'GEMM', modules_to_not_convert: null },
    stored: storedModule('model.layers.0.mlp.up_proj', rows, inputs, { '.qweight': packed(transpose(codes)), '.qzeros': packed(transpose(zeros)), '.scales': numbers(transpose(scales), dtype) }),
    weight: (row: number, k: number): number => scales[row][Math.floor(k / size)] * (codes[row][k] - zeros[row][Math.floor(k / size)]),
  };
}

describe('unpacks', () => {
  test.each([
    [8, 32, 32, 'int4:f16:32:zeros'],
    [40, 160, 32, 'int4:f16:32:zeros'],
    [16, 100, 64, 'int4:f16:64:zeros'],
    [136, 320, 128, 'int4:f16:128:zeros'],
    [24, 77, 32, 'int4:f16:32:zeros'],
    [16, 96, -1, 'int4:f32:row:zeros'],
  ])('%d × %d in groups of %d: %s', (rows, inputs, group, format) => {
    const { config, stored, weight } = checkpoint(rows, inputs, group);
    expect(expectUnpacked(config, stored, weight).format.key).toBe(format);
  });

  test('with f32 scales, and with the keys of other writers', () => {
    const { config: { quant_method }, stored, weight } = checkpoint(16, 64, 32, 'F32');
    expect(expectUnpacked({ quant_method, w_bit: 4, q_group_size: 32 }, stored, weight).format.key).toBe('int4:f32:32:zeros');
    expectUnpacked({ quant_method, bits: 4, group_size: 32, checkpoint_format: 'gemm' }, stored, weight);
  });
});

describe('refuses', () => {
  const { config, stored } = checkpoint(16, 64, 32);

  test.each([
    ['awq/gemv', { version: 'gemv' }],
    ['awq/exllama', { version: 'exllama' }],
    ['awq/llm-awq', { backend: 'llm-awq' }],
    ['awq', { bits: 8 }],
    ['awq', { group_size: 16 }],
    ['awq', { group_size: 0 }],
  ])('%s: %o', (method, change) => {
    expect(failure({ ...config, ...change }, stored)).toMatchObject({ code: 'load/unsupported-quantization', method });
  });

  test.each<[string, string, Contents | undefined]>([
    ['missing-tensor', '.qweight', undefined],
    ['missing-tensor', '.qzeros', undefined],
    ['missing-tensor', '.scales', undefined],
    ['tensor-shape', '.qweight', ['I32', [8, 16], new Int32Array(128)]],
    ['tensor-shape', '.qzeros', ['I32', [4, 1], new Int32Array(4)]],
    ['tensor-shape', '.scales', ['F16', [16, 2], new Uint16Array(32)]],
    ['unsupported-dtype', '.qweight', ['I16', [64, 2], new Int16Array(128)]],
    ['tensor-values', '.scales', ['F16', [2, 16], new Uint16Array(32).fill(0x7c00)]],
  ])('%s of %s', (problem, suffix, contents) => {
    expect(failure(config, withContents(stored, { [suffix]: contents }))).toMatchObject({ code: `checkpoint/${problem}`, tensor: `model.layers.0.mlp.up_proj${suffix}` });
  });

  test('rows that are no multiple of eight', () => {
    expect(failure(config, storedModule('m', 12, 64, { '.qweight': ['I32', [64, 2], new Int32Array(128)] }))).toMatchObject({ code: 'checkpoint/tensor-shape', tensor: 'm.qweight' });
  });

  test('nothing of modules that are not converted', () => {
    const plain = storedModule('model.visual.proj', 8, 32, { '.weight': ['I8', [8, 32], new Uint8Array(256)] });
    expect(layoutOf({ ...config, modules_to_not_convert: ['visual'] }, plain)).toBeUndefined();
    expect(failure(config, plain)).toMatchObject({ code: 'checkpoint/missing-tensor', tensor: 'model.visual.proj.qweight' });
  });
});
