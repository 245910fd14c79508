import { describe, expect, test } from 'vitest';
import { fp8ToNumber } from '../../shaders/dequant/reference.ts';
import { expectUnpacked, failure, layoutOf, numbers, randomCodes, randomScales, storedModule, withContents, type Contents } from '../../tests/support/packed-modules.ts';

const NAME = 'model.layers.0.mlp.up_proj';
const [ROWS, INPUTS] = [37, 150];
const codes = randomCodes(ROWS, INPUTS, 256, 1).map((row) => row.map((code) => ((code & 0x7f) === 0x7f ? 1 : code)));
const weight: Contents = ['F8_E4M3', [ROWS, INPUTS], Uint8Array.from(codes.flat())];
const stored = (suffix: string, scales: Contents) => storedModule(NAME, ROWS, INPUTS, { '.weight': weight, [suffix]: scales });

describe('fine-grained', () => {
  test.each([
    [16, 32, 'F32', 'fp8:f32:32'],
    [16, 64, 'BF16', 'fp8:f32:64'],
    [128, 128, 'F32', 'fp8:f32:128'],
    [5, 160, 'F32', 'fp8:f32:160'],
    [1, 32, 'F32', 'fp8:f32:32'],
    [1, 96, 'BF16', 'fp8:f16:96'],
  ] as const)('blocks of %d × %d, scales %s: %s', (rows, columns, dtype, format) => {
    const scales = randomScales(Math.ceil(ROWS / rows), Math.ceil(INPUTS / columns), 2);
    const layout = expectUnpacked({ quant_method: 'fp8', fmt: 'e4m3', activation_scheme: 'dynamic', weight_block_size: [rows, columns] }, stored('.weight_scale_inv', numbers(scales, dtype)), (row, k) => scales[Math.floor(row / rows)][Math.floor(k / columns)] * fp8ToNumber(codes[row][k]));
    expect(layout.format.key).toBe(format);
  });

  const scales = randomScales(1, 2, 2);
  const config = { quant_method: 'fp8', weight_block_size: [128, 128] };
  const blocks = stored('.weight_scale_inv', numbers(scales, 'F32'));

  test.each<[string, string, Contents | undefined]>([
    ['missing-tensor', '.weight_scale_inv', undefined],
    ['missing-tensor', '.weight', undefined],
    ['tensor-shape', '.weight_scale_inv', numbers(randomScales(2, 1, 1), 'F32')],
    ['tensor-shape', '.weight', ['F8_E4M3', [INPUTS, ROWS], new Uint8Array(ROWS * INPUTS)]],
    ['unsupported-dtype', '.weight', ['F8_E5M2', [ROWS, INPUTS], new Uint8Array(ROWS * INPUTS)]],
    ['unsupported-dtype', '.weight_scale_inv', ['U8', [1, 2], new Uint8Array(2)]],
    ['tensor-values', '.weight_scale_inv', numbers([[1, Infinity]], 'F32')],
    ['tensor-values', '.weight', ['F8_E4M3', [ROWS, INPUTS], new Uint8Array(ROWS * INPUTS).fill(0x7f, 3, 4)]],
    ['tensor-values', '.weight', ['F8_E4M3', [ROWS, INPUTS], new Uint8Array(ROWS * INPUTS).fill(0xff, -1)]],
  ])('%s of %s', (problem, suffix, contents) => {
    expect(failure(config, withContents(blocks, { [suffix]: contents }))).toMatchObject({ code: `checkpoint/${problem}`, file: 'model.safetensors', tensor: `${NAME}${suffix}` });
  });

  test('blocks that cannot be', () => {
    expect(failure({ ...config, weight_block_size: [128, 100] }, blocks)).toMatchObject({ code: 'load/unsupported-quantization', method: 'fp8' });
    expect(failure({ ...config, fmt: 'e5m2' }, blocks)).toMatchObject({ code: 'load/unsupported-quantization', method: 'fp8/e5m2' });
    for (const weight_block_size of [[128], [0, 128], '128']) expect(failure({ ...config, weight_block_size }, blocks)).toMatchObject({ code: 'config', key: expect.stringContaining('weight_block_size') });
  });

  test('nothing of modules that are not converted', () => {
    expect(layoutOf({ ...config, modules_to_not_convert: ['model.layers.*.mlp'] }, blocks)).toBeUndefined();
    expect(layoutOf({ ...config, ignored_layers: ['up_proj'] }, blocks)).toBeUndefined();
  });
});

describe('one scale for a weight or a row', () => {
  const one = randomScales(1, 1, 2);
  const rows = randomScales(ROWS, 1, 3);
  test.each([
    [{ quant_method: 'fp8', activation_scheme: 'static' }, '.weight_scale'],
    [{ quant_method: 'fp8' }, '.weight_scale_inv'],
    [{ quant_method: 'modelopt', quant_algo: 'FP8', ignore: ['lm_head'] }, '.weight_scale'],
    [{ quant_method: 'modelopt', quantization: { quant_algo: 'FP8', exclude_modules: ['lm_head'] } }, '.weight_scale'],
  ])('%o', (config, suffix) => {
    for (const shape of [[], [1], [1, 1]]) expect(expectUnpacked(config, stored(suffix, numbers(one, 'F32', shape)), (row, k) => one[0][0] * fp8ToNumber(codes[row][k])).format.key).toBe('fp8');
    for (const shape of [[ROWS], [ROWS, 1]]) expect(expectUnpacked(config, stored(suffix, numbers(rows, 'BF16', shape)), (row, k) => rows[row][0] * fp8ToNumber(codes[row][k])).format.key).toBe('fp8');
    expect(failure(config, stored(suffix, numbers(rows, 'F32', [1, ROWS])))).toMatchObject({ code: 'checkpoint/tensor-shape', tensor: `${NAME}${suffix}` });
    expect(failure(config, storedModule(NAME, ROWS, INPUTS, { '.weight': weight }))).toMatchObject({ code: 'checkpoint/missing-tensor' });
  });
});
