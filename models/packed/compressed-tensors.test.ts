import { describe, expect, test } from 'vitest';
import { fp8ToNumber } from '../../shaders/dequant/reference.ts';
import { expectUnpacked, failure, layoutOf, numbers, packBits, randomCodes, randomScales, storedModule, transpose, transposeWords, withContents, type Contents, type StoredModule } from '../../tests/support/packed-modules.ts';

const NAME = 'model.layers.0.mlp.up_proj';
const config = (format: string, weights: object, more: object = {}): object => ({
  quant_method: 'compressed-tensors', format, quantization_status: 'compressed', ignore: ['lm_head'], kv_cache_scheme: null, sparsity_config: {}, transform_config: {},
  config_groups: { group_0: { targets: ['Linear'], weights: { observer: 'minmax', dynamic: false, ...weights }, input_activations: { num_bits: 8, dynamic: true } } }, ...more,
});

type Strategy = 'tensor' | 'channel' | 'group' | 'block';

/** Which scale a weight has, for blocks of 8 rows and 64 columns and groups of 32. */
const scopeOf = (strategy: Strategy, rows: number, inputs: number) =>
  ({
    tensor: { shape: [1, 1], at: (): [number, number] => [0, 0] },
    channel: { shape: [rows, 1], at: (row: number): [number, number] => [row, 0] },
    group: { shape: [rows, Math.ceil(inputs / 32)], at: (row: number, k: number): [number, number] => [row, Math.floor(k / 32)] },
    block: { shape: [Math.ceil(rows / 8), Math.ceil(inputs / 64)], at: (row: number, k: number): [number, number] => [Math.floor(row / 8), Math.floor(k / 64)] },
  })[strategy];

interface Options {
  readonly bits?: 4 | 8;
  readonly rows?: number;
  readonly inputs?: number;
  readonly strategy?: Strategy;
  readonly symmetric?: boolean;
  readonly dtype?: 'F16' | 'BF16' | 'F32';
}

function packed({ bits = 4, rows = 21, inputs = 96, strategy = 'group', symmetric = true, dtype = 'BF16' }: Options = {}) {
  const { shape, at } = scopeOf(strategy, rows, inputs);
  const codes = randomCodes(rows, inputs, 2 ** bits, 1);
  const zeros = randomCodes(shape[0], shape[1], 2 ** bits, 2);
  const scales = randomScales(shape[0], shape[1], 3);
  const words = packBits(codes, bits);
  const zeroWords = packBits(transpose(zeros), bits);
  const perZero = zeroWords.length / shape[1];
  const half = 2 ** (bits - 1);
  const signed = Int8Array.from(zeros.flat(), (zero) => zero - half);
  return {
    config: config('pack-quantized', { num_bits: bits, type: 'int', symmetric, strategy, ...(strategy === 'group' && { group_size: 32 }) }),
    stored: storedModule(NAME, rows, inputs, {
      '.weight_packed': ['I32', [rows, words.length / rows], words],
      '.weight_scale': numbers(scales, dtype, strategy === 'tensor' ? [1] : shape),
      '.weight_shape': ['I64', [2], BigInt64Array.of(BigInt(rows), BigInt(inputs))],
      ...(!symmetric && { '.weight_zero_point': strategy === 'tensor' ? (['I8', [1], signed] as const) : (['I32', [perZero, shape[1]], transposeWords(zeroWords, perZero)] as const) }),
    }),
    signedZeros: ['I8', shape, signed] as const,
    weight: (row: number, k: number): number => {
      const [r, g] = at(row, k);
      return scales[r][g] * (codes[row][k] - (symmetric ? half : zeros[r][g]));
    },
    codes,
    scales,
  };
}

describe('pack-quantized', () => {
  test.each<[string, Options]>([
    ['int4', {}],
    ['int4', { dtype: 'F16', inputs: 32, rows: 3 }],
    ['int4:f32:32', { dtype: 'F32' }],
    ['int4', { inputs: 75 }],
    ['int4:f16:32:zeros', { symmetric: false }],
    ['int4:f16:32:zeros', { symmetric: false, rows: 5, inputs: 44 }],
    ['int4:f32:row', { strategy: 'channel' }],
    ['int4:f32:row:zeros', { strategy: 'channel', symmetric: false }],
    ['int4:f32:row', { strategy: 'tensor' }],
    ['int4:f32:row:zeros', { strategy: 'tensor', symmetric: false }],
    ['int8', { bits: 8 }],
    ['int8', { bits: 8, inputs: 42 }],
    ['int8:f16:32:zeros', { bits: 8, symmetric: false, rows: 6 }],
    ['int8:f32:row', { bits: 8, strategy: 'channel', dtype: 'F16' }],
    ['int8:f32:row:zeros', { bits: 8, strategy: 'channel', symmetric: false }],
  ])('%s from %o', (format, options) => {
    const { config: quantization, stored, weight } = packed(options);
    const layout = expectUnpacked(quantization, stored, weight);
    expect(layout.format.key).toBe(format);
    expect(layout.order).toBeUndefined();
  });

  test('zero points of older checkpoints, which are signed bytes', () => {
    for (const bits of [4, 8] as const) {
      const { config: quantization, stored, signedZeros, weight } = packed({ bits, symmetric: false });
      expectUnpacked(quantization, withContents(stored, { '.weight_zero_point': signedZeros }), weight);
    }
  });

  test.each([4, 8] as const)('act-order with %d bits', (bits) => {
    const { config: quantization, stored, codes, scales } = packed({ bits, inputs: 90 });
    // Group g has the columns that leave g when divided by 3; the last has 26.
    const index = Int32Array.from({ length: 90 }, (_, k) => k % 3);
    for (let k = 2; index.filter((group) => group === 2).length > 26; k += 3) index[k] = index.filter((group) => group === 0).length < 32 ? 0 : 1;
    const ordered = withContents(stored, { '.weight_g_idx': ['I32', [90], index] });
    expect(expectUnpacked(quantization, ordered, (row, k) => scales[row][index[k]] * (codes[row][k] - 2 ** (bits - 1))).order).toHaveLength(90);
  });

  test('indices of −1 mean that there is no order', () => {
    const { config: quantization, stored, weight } = packed();
    expect(expectUnpacked(quantization, withContents(stored, { '.weight_g_idx': ['I32', [96], new Int32Array(96).fill(-1)] }), weight).order).toBeUndefined();
  });

  const { config: quantization, stored } = packed();
  test.each<[string, string, Contents | undefined]>([
    ['missing-tensor', '.weight_packed', undefined],
    ['missing-tensor', '.weight_scale', undefined],
    ['tensor-shape', '.weight_packed', ['I32', [12, 21], new Int32Array(252)]],
    ['tensor-shape', '.weight_scale', ['BF16', [21, 1], new Uint16Array(21)]],
    ['unsupported-dtype', '.weight_packed', ['U8', [21, 48], new Uint8Array(1008)]],
    ['tensor-values', '.weight_scale', ['BF16', [21, 3], new Uint16Array(63).fill(0x7f80)]],
    ['tensor-values', '.weight_scale', ['BF16', [21, 3], new Uint16Array(63).fill(0x4700)]],
    ['tensor-values', '.weight_shape', ['I64', [2], BigInt64Array.of(96n, 21n)]],
    ['tensor-values', '.weight_shape', ['I32', [2], Int32Array.of(21, 95)]],
    ['tensor-shape', '.weight_shape', ['I64', [3], new BigInt64Array(3)]],
    ['tensor-shape', '.weight_g_idx', ['I32', [95], new Int32Array(95)]],
    ['tensor-values', '.weight_g_idx', ['I32', [96], new Int32Array(96)]],
  ])('%s of %s', (problem, suffix, contents) => {
    expect(failure(quantization, withContents(stored, { [suffix]: contents }))).toMatchObject({ code: `checkpoint/${problem}`, file: 'model.safetensors', tensor: `${NAME}${suffix}` });
  });

  test('zero points that are missing, or out of range', () => {
    const asymmetric = packed({ symmetric: false });
    const fail = (contents: Contents | undefined): unknown => failure(asymmetric.config, withContents(asymmetric.stored, { '.weight_zero_point': contents }));
    expect(fail(undefined)).toMatchObject({ code: 'checkpoint/missing-tensor', tensor: `${NAME}.weight_zero_point` });
    expect(fail(['I8', [21, 3], new Int8Array(63).fill(-9)])).toMatchObject({ code: 'checkpoint/tensor-values' });
    expect(fail(['I8', [21, 3], new Int8Array(63).fill(8)])).toMatchObject({ code: 'checkpoint/tensor-values' });
    expect(fail(['I8', [63], new Int8Array(63)])).toMatchObject({ code: 'checkpoint/tensor-shape' });
    expect(fail(['I32', [2, 3], new Int32Array(6)])).toMatchObject({ code: 'checkpoint/tensor-shape' });
  });
});

describe('bytes', () => {
  function integers(strategy: Strategy, symmetric: boolean, inputs = 75): { stored: StoredModule; weight: (row: number, k: number) => number } {
    const { shape, at } = scopeOf(strategy, 21, inputs);
    const codes = randomCodes(21, inputs, 256, 1).map((row) => row.map((code) => code - 128));
    const zeros = randomCodes(shape[0], shape[1], 256, 2).map((row) => row.map((zero) => zero - 128));
    const scales = randomScales(shape[0], shape[1], 3);
    return {
      stored: storedModule(NAME, 21, inputs, {
        '.weight': ['I8', [21, inputs], Int8Array.from(codes.flat())],
        '.weight_scale': numbers(scales, 'F32', strategy === 'tensor' ? [] : shape),
        ...(!symmetric && { '.weight_zero_point': ['I8', strategy === 'tensor' ? [] : shape, Int8Array.from(zeros.flat())] as const }),
      }),
      weight: (row, k) => {
        const [r, g] = at(row, k);
        return scales[r][g] * (codes[row][k] - (symmetric ? 0 : zeros[r][g]));
      },
    };
  }

  const weights = (strategy: Strategy): object => ({ strategy, ...(strategy === 'group' && { group_size: 32 }), ...(strategy === 'block' && { block_structure: [8, 64] }) });

  test.each<[Strategy, boolean, string]>([
    ['tensor', true, 'int8:f32:row'],
    ['channel', true, 'int8:f32:row'],
    ['group', true, 'int8:f32:32'],
    ['block', true, 'int8:f32:64'],
    ['tensor', false, 'int8:f32:row:zeros'],
    ['channel', false, 'int8:f32:row:zeros'],
    ['group', false, 'int8:f32:32:zeros'],
  ])('integers by %s, symmetric: %s', (strategy, symmetric, format) => {
    const { stored, weight } = integers(strategy, symmetric);
    expect(expectUnpacked(config('int-quantized', { num_bits: 8, type: 'int', symmetric, ...weights(strategy) }), stored, weight).format.key).toBe(format);
    expectUnpacked(config('naive-quantized', { num_bits: 8, type: 'int', symmetric, ...weights(strategy) }), stored, weight);
  });

  test.each<[Strategy, 'F32' | 'BF16', string]>([
    ['tensor', 'F32', 'fp8'],
    ['channel', 'BF16', 'fp8'],
    ['group', 'BF16', 'fp8:f16:32'],
    ['block', 'BF16', 'fp8:f32:64'],
  ])('floats by %s, scales %s', (strategy, dtype, format) => {
    const { shape, at } = scopeOf(strategy, 21, 75);
    const codes = randomCodes(21, 75, 256, 1).map((row) => row.map((code) => ((code & 0x7f) === 0x7f ? 0 : code)));
    const scales = randomScales(shape[0], shape[1], 3);
    const stored = storedModule(NAME, 21, 75, { '.weight': ['F8_E4M3', [21, 75], Uint8Array.from(codes.flat())], '.weight_scale': numbers(scales, dtype, strategy === 'channel' ? [21] : shape), '.input_scale': numbers([[1]], 'F32', []) });
    const quantization = config('float-quantized', { num_bits: 8, type: 'float', ...weights(strategy) });
    const layout = expectUnpacked(quantization, stored, (row, k) => {
      const [r, g] = at(row, k);
      return scales[r][g] * fp8ToNumber(codes[row][k]);
    });
    expect(layout.format.key).toBe(format);
    expect([...layout.converters.keys()]).not.toContain('.input_scale');
    codes[20][73] = 0xff;
    expect(failure(quantization, withContents(stored, { '.weight': ['F8_E4M3', [21, 75], Uint8Array.from(codes.flat())] }))).toMatchObject({ code: 'checkpoint/tensor-values', tensor: `${NAME}.weight`, message: expect.stringContaining('row 20') });
  });

  test('blocks in the words of older configs', () => {
    const { stored, weight } = integers('block', true);
    expectUnpacked(config('int-quantized', { num_bits: 8, strategy: 'block', block_structure: '8x64' }), stored, weight);
  });
});

describe('FP4', () => {
  const FP4 = [0, 0.5, 1, 1.5, 2, 3, 4, 6, -0, -0.5, -1, -1.5, -2, -3, -4, -6];
  const codes = randomCodes(9, 80, 16, 1);
  const bytes = new Uint8Array(packBits(codes, 4).buffer).slice(0, 9 * 40);

  const nv = config('nvfp4-pack-quantized', { num_bits: 4, type: 'float', symmetric: true, strategy: 'tensor_group', group_size: 16 });
  const scaleCodes = randomCodes(9, 5, 0x7f, 2);
  const nvModule = storedModule(NAME, 9, 80, { '.weight_packed': ['U8', [9, 40], bytes], '.weight_scale': ['F8_E4M3', [9, 5], Uint8Array.from(scaleCodes.flat())], '.weight_global_scale': ['F32', [1], Float32Array.of(448)], '.input_global_scale': ['F32', [1], Float32Array.of(2)] });

  test('NVFP4', () => {
    expect(expectUnpacked(nv, nvModule, (row, k) => FP4[codes[row][k]] * Math.fround(fp8ToNumber(scaleCodes[row][Math.floor(k / 16)]) * Math.fround(1 / 448))).format.key).toBe('nvfp4');
  });

  test('MXFP4', () => {
    const exponents = randomCodes(9, 3, 20, 2).map((row) => row.map((exponent) => 110 + exponent));
    const quantization = config('mxfp4-pack-quantized', { num_bits: 4, type: 'float', strategy: 'group', group_size: 32 });
    const stored = storedModule(NAME, 9, 80, { '.weight_packed': ['U8', [9, 40], bytes], '.weight_scale': ['U8', [9, 3], Uint8Array.from(exponents.flat())] });
    expect(expectUnpacked(quantization, stored, (row, k) => FP4[codes[row][k]] * 2 ** (exponents[row][Math.floor(k / 32)] - 127)).format.key).toBe('mxfp4');
    expect(failure(quantization, withContents(stored, { '.weight_scale': ['U8', [9, 3], new Uint8Array(27).fill(255, 13, 14)] }))).toMatchObject({ code: 'checkpoint/tensor-values', message: expect.stringContaining('row 4') });
  });

  test.each<[string, string, Contents | undefined]>([
    ['tensor-values', '.weight_global_scale', ['F32', [1], Float32Array.of(0)]],
    ['tensor-values', '.weight_global_scale', ['F32', [], Float32Array.of(NaN)]],
    ['missing-tensor', '.weight_global_scale', undefined],
    ['tensor-values', '.weight_scale', ['F8_E4M3', [9, 5], new Uint8Array(45).fill(0xff, 44)]],
    ['tensor-shape', '.weight_scale', ['F8_E4M3', [9, 3], new Uint8Array(27)]],
    ['tensor-shape', '.weight_packed', ['U8', [9, 80], new Uint8Array(720)]],
  ])('%s of %s', (problem, suffix, contents) => {
    expect(failure(nv, withContents(nvModule, { [suffix]: contents }))).toMatchObject({ code: `checkpoint/${problem}`, tensor: `${NAME}${suffix}` });
  });
});

describe('which modules', () => {
  const int4 = { num_bits: 4, strategy: 'group', group_size: 32 };
  const int8 = { num_bits: 8, strategy: 'channel' };
  const module = (name: string): StoredModule => {
    const { '.weight_packed': four, '.weight_scale': scale } = { '.weight_packed': ['I32', [8, 4], new Int32Array(32)] as const, '.weight_scale': ['F16', [8, 1], new Uint16Array(8).fill(0x3c00)] as const };
    return storedModule(name, 8, 32, { '.weight_packed': four, '.weight_scale': scale, '.weight': ['I8', [8, 32], new Int8Array(256)] });
  };
  const formatOf = (groups: object, ignore: readonly string[] | null, name: string): string | undefined => layoutOf({ quant_method: 'compressed-tensors', format: 'mixed-precision', config_groups: groups, ignore }, module(name))?.format.key;
  const four = (...targets: string[]): object => ({ targets, weights: int4, format: 'pack-quantized' });
  const eight = (...targets: string[]): object => ({ targets, weights: int8, format: 'int-quantized' });

  test.each<[string, object, readonly string[] | null, string, string | undefined]>([
    ['a class', { a: four('Linear') }, [], 'model.a', 'int4'],
    ['another class', { a: four('LlamaAttention') }, null, 'model.a', undefined],
    ['a name', { a: four('model.a') }, [], 'model.a', 'int4'],
    ['not a part of it', { a: four('a') }, [], 'model.a', undefined],
    ['nor its beginning', { a: four('model') }, [], 'model.a', undefined],
    ['an expression', { a: four('re:.*a$') }, [], 'model.a', 'int4'],
    ['an expression begins where the name does', { a: four('re:a') }, [], 'model.a', undefined],
    ['but need not end there', { a: four('re:mod') }, [], 'model.a', 'int4'],
    ['a name before an expression', { a: four('re:.*'), b: eight('model.a') }, [], 'model.a', 'int8:f32:row'],
    ['an expression before a class', { a: eight('Linear'), b: four('re:.*a') }, [], 'model.a', 'int4'],
    ['expressions by the alphabet', { a: eight('re:m.*'), b: four('re:.*a') }, [], 'model.a', 'int4'],
    ['the later of two groups', { a: four('Linear'), b: eight('Linear') }, [], 'model.a', 'int8:f32:row'],
    ['ignored by name', { a: four('Linear') }, ['model.a'], 'model.a', undefined],
    ['ignored by expression', { a: four('Linear') }, ['re:.*\\.a$'], 'model.a', undefined],
    ['ignored by class', { a: four('model.a') }, ['Linear'], 'model.a', undefined],
    ['not ignored', { a: four('Linear') }, ['lm_head', 're:.*b', 'a'], 'model.a', 'int4'],
    ['activations only', { a: { targets: ['Linear'], weights: null } }, [], 'model.a', undefined],
    ['weights that were not compressed', { a: { targets: ['Linear'], weights: int4, format: 'dense' } }, [], 'model.a', undefined],
  ])('%s', (_, groups, ignore, name, format) => {
    expect(formatOf(groups, ignore, name)).toBe(format);
  });

  test.each([
    ['config_groups.a.targets', { a: four('re:(') }, []],
    ['ignore', { a: four('Linear') }, ['re:[']],
    ['ignore.0', { a: four('Linear') }, [7]],
  ])('a wrong %s', (key, groups, ignore) => {
    expect(() => formatOf(groups, ignore as string[], 'model.a')).toThrow(expect.objectContaining({ code: 'config', key: `quantization_config.${key}` }));
  });
});

describe('refuses', () => {
  const { stored } = packed();
  const int4 = { num_bits: 4, strategy: 'group', group_size: 32 };
  test.each<[string, string, object, object?]>([
    ['marlin-24', 'marlin-24', int4],
    ['mixed-precision', 'mixed-precision', int4],
    ['pack-quantized', 'pack-quantized', { ...int4, num_bits: 3 }],
    ['pack-quantized', 'pack-quantized', { ...int4, type: 'float' }],
    ['pack-quantized', 'pack-quantized', { ...int4, group_size: 16 }],
    ['pack-quantized', 'pack-quantized', { ...int4, strategy: 'token' }],
    ['float-quantized', 'float-quantized', { num_bits: 8, type: 'float', symmetric: false }],
    ['float-quantized', 'float-quantized', { num_bits: 4, type: 'float' }],
    ['int-quantized', 'int-quantized', { num_bits: 8, strategy: 'block', block_structure: [128, 100] }],
    ['nvfp4-pack-quantized', 'nvfp4-pack-quantized', { num_bits: 4, type: 'float', group_size: 32 }],
    ['mxfp4-pack-quantized', 'mxfp4-pack-quantized', { num_bits: 4, type: 'int', group_size: 32 }],
    ['pack-quantized', 'pack-quantized', int4, { sparsity_config: { format: 'sparse-24-bitmask' } }],
    ['pack-quantized', 'pack-quantized', int4, { transform_config: { config_groups: { R1: { type: 'hadamard' } } } }],
    ['pack-quantized', 'pack-quantized', int4, { config_groups: { W4A16: ['Linear'] } }],
  ])('%s', (named, format, weights, more) => {
    expect(failure(config(format, weights, more), stored)).toMatchObject({ code: 'load/unsupported-quantization', method: `compressed-tensors/${named}` });
  });

  test.each<[string, object, object?]>([
    ['config_groups', int4, { config_groups: null }],
    ['config_groups.group_0.weights.num_bits', { ...int4, num_bits: '4' }],
    ['config_groups.group_0.weights.group_size', { ...int4, group_size: null }],
    ['config_groups.group_0.weights.block_structure', { ...int4, strategy: 'block', block_structure: '128' }],
    ['config_groups.group_0.weights.block_structure', { ...int4, strategy: 'block', block_structure: [128] }],
    ['config_groups.group_0.weights.type', { ...int4, type: 'complex' }],
  ])('a wrong %s', (key, weights, more) => {
    expect(failure(config('pack-quantized', weights, more), stored)).toMatchObject({ code: 'config', key: `quantization_config.${key}` });
  });
});
