import { expect, test } from 'vitest';
import { fp8ToNumber } from '../../shaders/dequant/reference.ts';
import { expectUnpacked, failure, layoutOf, packBits, randomCodes, storedModule, withContents } from '../../tests/support/packed-modules.ts';

const FP4 = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];
const codes = randomCodes(6, 48, 16, 1);
const scales = randomCodes(6, 3, 0x7f, 2);
const stored = storedModule('model.layers.3.mlp.up_proj', 6, 48, {
  '.weight': ['U8', [6, 24], new Uint8Array(packBits(codes, 4).buffer)],
  '.weight_scale': ['F8_E4M3', [6, 3], Uint8Array.from(scales.flat())],
  '.weight_scale_2': ['F32', [], Float32Array.of(0.003)],
  '.input_scale': ['F32', [], Float32Array.of(2)],
});
const config = { quant_method: 'modelopt', quant_algo: 'NVFP4', ignore: ['lm_head', 'model.layers.*.linear_attn*'], config_groups: {}, producer: { name: 'modelopt' } };

test('NVFP4, whose second scale multiplies', () => {
  expect(expectUnpacked(config, stored, (row, k) => FP4[codes[row][k]] * Math.fround(fp8ToNumber(scales[row][Math.floor(k / 16)]) * Math.fround(0.003))).format.key).toBe('nvfp4');
});

test('refuses what it must', () => {
  expect(failure({ ...config, quant_algo: 'W4A16_AWQ' }, stored)).toMatchObject({ code: 'load/unsupported-quantization', method: 'modelopt/W4A16_AWQ' });
  expect(failure({ ...config, quant_algo: 'constructor' }, stored)).toMatchObject({ code: 'load/unsupported-quantization' });
  expect(failure({ ...config, quant_algo: undefined }, stored)).toMatchObject({ code: 'config', key: 'quantization_config.quant_algo' });
  expect(failure(config, withContents(stored, { '.weight_scale_2': undefined }))).toMatchObject({ code: 'checkpoint/missing-tensor', tensor: 'model.layers.3.mlp.up_proj.weight_scale_2' });
  expect(failure(config, withContents(stored, { '.weight_scale_2': ['F32', [1], Float32Array.of(Infinity)] }))).toMatchObject({ code: 'checkpoint/tensor-values', tensor: 'model.layers.3.mlp.up_proj.weight_scale_2' });
});

test('leaves alone what is excluded', () => {
  const linear = storedModule('model.layers.3.linear_attn.in_proj_a', 6, 48, { '.weight': ['U8', [6, 24], new Uint8Array(144)] });
  expect(layoutOf(config, linear)).toBeUndefined();
});
