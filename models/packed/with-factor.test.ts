import { describe, expect, test } from 'vitest';
import { fp8ToNumber } from '../../shaders/dequant/reference.ts';
import { failure, layoutOf, numbers, packBits, randomCodes, randomScales, storedModule, unpacked, type StoredModule } from '../../tests/support/packed-modules.ts';

const [NAME, ROWS, INPUTS] = ['model.layers.0.self_attn.k_proj', 10, 96];
const factorOf = (row: number): number => 0.3 + row;
const times = (stored: StoredModule): StoredModule => ({ ...stored, module: { ...stored.module, factorOf } });

const codes = randomCodes(ROWS, INPUTS, 16, 1);
const compressed = (format: string, weights: object): object => ({ quant_method: 'compressed-tensors', format, config_groups: { all: { targets: ['Linear'], weights } } });

function int4(dtype: 'F16' | 'F32') {
  const words = packBits(codes, 4);
  return {
    config: compressed('pack-quantized', { num_bits: 4, type: 'int', symmetric: true, strategy: 'group', group_size: 32 }),
    stored: storedModule(NAME, ROWS, INPUTS, { '.weight_packed': ['I32', [ROWS, words.length / ROWS], words], '.weight_scale': numbers(randomScales(ROWS, INPUTS / 32, 3), dtype), '.weight_shape': ['I64', [2], BigInt64Array.of(BigInt(ROWS), BigInt(INPUTS))] }),
  };
}

function nvfp4() {
  const scales = randomCodes(ROWS, INPUTS / 16, 100, 2).flat();
  return {
    config: { quant_method: 'modelopt', quant_algo: 'NVFP4' },
    stored: storedModule(NAME, ROWS, INPUTS, { '.weight': ['U8', [ROWS, INPUTS / 2], Uint8Array.from(randomCodes(ROWS, INPUTS / 2, 256, 4).flat())], '.weight_scale': ['F8_E4M3', [ROWS, INPUTS / 16], Uint8Array.from(scales)], '.weight_scale_2': ['F32', [], Float32Array.of(fp8ToNumber(60))] }),
  };
}

describe('scales take a factor of each row up', () => {
  test.each([
    ['f16 of groups, which become f32', int4('F16'), 'int4:f32:32'],
    ['f32 of groups', int4('F32'), 'int4:f32:32'],
    ['the factor of a row in NVFP4', nvfp4(), 'nvfp4'],
  ])('%s', (_, { config, stored }, key) => {
    const plain = unpacked(config, stored);
    expect(layoutOf(config, times(stored))?.format.key).toBe(key);
    const scaled = unpacked(config, times(stored));
    expect(plain.some((value) => value !== 0)).toBe(true);
    scaled.forEach((value, i) => expect(Math.abs(value - plain[i] * factorOf(Math.floor(i / INPUTS)))).toBeLessThanOrEqual(2e-7 * Math.abs(value)));
  });
});

test('powers of two do not', () => {
  const stored = storedModule(NAME, ROWS, INPUTS, { _blocks: ['U8', [1, ROWS, INPUTS / 32, 16], new Uint8Array(ROWS * INPUTS / 2)], _scales: ['U8', [1, ROWS, INPUTS / 32], new Uint8Array(ROWS * INPUTS / 32).fill(127)] });
  const error = failure({ quant_method: 'mxfp4' }, times(stored));
  expect(error).toMatchObject({ code: 'load/unsupported-quantization', method: 'mxfp4' });
  expect(String(error)).toContain(NAME);
});
