import { describe, expect, test } from 'vitest';
import { ConfigReader } from '../config/config-reader.ts';
import { storedModule } from '../../tests/support/packed-modules.ts';
import { readPacking } from './read-packing.ts';

const read = (json: object) => readPacking(new ConfigReader(json, 'config.json'));
const groups = { group_0: { targets: ['Linear'], weights: { num_bits: 8, strategy: 'tensor' } } };
const { module } = storedModule('m', 2, 32, { '.weight': ['I8', [2, 32], new Int8Array(64)], '.weight_scale': ['F32', [1], Float32Array.of(1)] });

describe('finds the config', () => {
  const compressed = { quant_method: 'compressed-tensors', format: 'int-quantized', config_groups: groups };
  test.each<[string, object]>([
    ['under its name', { quantization_config: compressed }],
    ['under its older name', { compression_config: compressed }],
    ['without a method there', { compression_config: { ...compressed, quant_method: 'sparseml' } }],
    ['in the text part of a multi-modal model', { text_config: { quantization_config: compressed } }],
    ['where another place is empty', { quantization_config: null, text_config: { compression_config: compressed } }],
  ])('%s', (_, config) => {
    expect(read(config)?.module(module)?.layout(new Map()).format.key).toBe('int8:f32:row');
  });

  test('nowhere', () => {
    expect(read({ hidden_size: 4 })).toBeUndefined();
    expect(read({ quantization_config: null, text_config: {} })).toBeUndefined();
  });
});

test('a module of which nothing is there is left to the plain weights', () => {
  for (const quant_method of ['mxfp4', 'fp8']) expect(read({ quantization_config: { quant_method } })?.module({ name: 'm', rows: 2, inputs: 32, tensors: new Map() })).toBeUndefined();
});

describe('refuses', () => {
  test.each(['quark', 'aqlm', 'hqq', 'constructor', 'toString'])('the method %s, naming it and what is read', (quant_method) => {
    expect(() => read({ quantization_config: { quant_method } })).toThrow(expect.objectContaining({ code: 'load/unsupported-quantization', method: quant_method, message: expect.stringContaining('awq, bitsandbytes, compressed-tensors, fp8, gptq, modelopt, mxfp4') }));
  });

  test.each<[string, object]>([
    ['quantization_config.quant_method', { quantization_config: { bits: 4 } }],
    ['text_config.quantization_config.quant_method', { text_config: { quantization_config: { quant_method: 4 } } }],
    ['quantization_config', { quantization_config: 'gptq' }],
  ])('a wrong %s', (key, config) => {
    expect(() => read(config)).toThrow(expect.objectContaining({ code: 'config', key }));
  });
});
