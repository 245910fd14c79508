import { describe, expect, test } from 'vitest';
import { uniform } from '../../shaders/random.ts';
import { expectUnpacked, failure, layoutOf, numbers, packBits, randomCodes, randomScales, transpose, transposeWords, withContents, type Contents, type StoredModule, storedModule } from '../../tests/support/packed-modules.ts';

interface Options {
  readonly bits?: number;
  readonly rows?: number;
  readonly inputs?: number;
  readonly group?: number;
  readonly version?: 1 | 2;
  readonly sym?: boolean;
  readonly order?: boolean;
  readonly dtype?: 'F16' | 'BF16' | 'F32';
}

interface Checkpoint {
  readonly config: Record<string, unknown>;
  readonly stored: StoredModule;
  readonly weight: (row: number, k: number) => number;
}

/** A weight that is packed here by the definition of the format. */
function checkpoint({ bits = 4, rows = 40, inputs = 96, group = 32, version = 1, sym = false, order = false, dtype = 'F16' }: Options = {}): Checkpoint {
  const size = group === -1 ? inputs : group;
  const groups = Math.ceil(inputs / size);
  const codes = randomCodes(rows, inputs, 2 ** bits, 1);
  // Version 1 stores zero − 1, so it has 1 to 2^bits, of which bytes hold 255.
  const zeros = randomCodes(rows, groups, version === 1 && bits === 8 ? 255 : 2 ** bits, 2).map((row) => row.map((zero) => (sym ? 2 ** (bits - 1) : zero + (version === 1 ? 1 : 0))));
  const scales = randomScales(rows, groups, 3);
  const index = Array.from({ length: inputs }, (_, k) => Math.floor(k / size));
  if (order) {
    const next = uniform(4);
    for (let i = inputs - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1));
      [index[i], index[j]] = [index[j], index[i]];
    }
  }
  const words = packBits(codes, bits);
  const zeroWords = packBits(transpose(zeros.map((row) => row.map((zero) => zero - (version === 1 ? 1 : 0)))), bits);
  return {
    config: { quant_method: 'gptq', bits, group_size: group, sym, desc_act: order, checkpoint_format: version === 1 ? 'gptq' : 'gptq_v2', quantizer: 'gptqmodel', meta: { damp_percent: 0.1 } },
    stored: storedModule('model.layers.0.mlp.up_proj', rows, inputs, {
      '.qweight': ['I32', [words.length / rows, rows], transposeWords(words, words.length / rows)],
      '.qzeros': ['I32', [groups, zeroWords.length / groups], zeroWords],
      '.scales': numbers(transpose(scales), dtype),
      '.g_idx': ['I32', [inputs], Int32Array.from(index)],
    }),
    weight: (row, k) => scales[row][index[k]] * (codes[row][k] - zeros[row][index[k]]),
  };
}

describe('unpacks', () => {
  test.each([
    ['int4:f16:32:zeros', {}],
    ['int4', { sym: true }],
    ['int4:f16:128', { sym: true, inputs: 320, group: 128 }],
    ['int4:f16:64:zeros', { version: 2, inputs: 200, group: 64 }],
    ['int4:f16:96:zeros', { group: 96, inputs: 288 }],
    ['int4:f32:32:zeros', { dtype: 'F32' }],
    ['int4:f16:32:zeros', { dtype: 'BF16' }],
    ['int4:f32:row', { group: -1, sym: true }],
    ['int4:f32:row:zeros', { group: -1, inputs: 72 }],
    ['int4:f16:128', { group: 128, inputs: 64, sym: true }],
    ['int8:f16:32:zeros', { bits: 8 }],
    ['int8', { bits: 8, sym: true, rows: 36, inputs: 100 }],
    ['int8:f16:32:zeros', { bits: 8, version: 2 }],
    ['int2:f16:32:zeros', { bits: 2, inputs: 112, rows: 48 }],
    ['int2:f16:32', { bits: 2, sym: true, rows: 48 }],
    ['int3:f16:32:zeros', { bits: 3, rows: 64 }],
    ['int3:f16:64:zeros', { bits: 3, version: 2, rows: 32, inputs: 160, group: 64 }],
    ['int3:f32:row', { bits: 3, group: -1, sym: true, rows: 32 }],
  ] as const)('%s from %o', (format, options) => {
    const { config, stored, weight } = checkpoint(options);
    const layout = expectUnpacked(config, stored, weight);
    expect(layout.format.key).toBe(format);
    expect(layout.order).toBeUndefined();
  });

  test.each([
    { group: 32 },
    { group: 64, inputs: 160, sym: true },
    { group: 32, inputs: 72 },
    { bits: 8, group: 32 },
    { bits: 3, group: 32, rows: 32 },
    { bits: 2, group: 32, rows: 48, version: 2 },
  ] as const)('act-order: %o', (options) => {
    const { config, stored, weight } = checkpoint({ ...options, order: true });
    const { order } = expectUnpacked(config, stored, weight);
    expect(Array.from(order ?? []).sort((a, b) => a - b)).toEqual(Array.from({ length: stored.module.inputs }, (_, k) => k));
  });

  test('the order is stable, and a trivial one is none', () => {
    const { config, stored } = checkpoint({ inputs: 64 });
    const index = Int32Array.from({ length: 64 }, (_, k) => k % 2);
    const layout = layoutOf({ ...config, desc_act: true }, withContents(stored, { '.g_idx': ['I32', [64], index] }));
    expect(Array.from(layout?.order ?? [])).toEqual([...index.keys()].sort((a, b) => (a % 2) - (b % 2) || a - b));
    expect(layoutOf({ ...config, desc_act: true }, stored)?.order).toBeUndefined();
  });

  test('with stored zero points where the config does not say whether they matter', () => {
    for (const sym of [true, false]) {
      const { config: { sym: _, ...config }, stored, weight } = checkpoint({ sym });
      expect(expectUnpacked(config, stored, weight).format.key).toBe('int4:f16:32:zeros');
    }
  });

  test('without indices where the config promises order, and without zero points where it promises symmetry', () => {
    const { config, stored, weight } = checkpoint({ sym: true });
    expectUnpacked(config, withContents(stored, { '.g_idx': undefined, '.qzeros': undefined }), weight);
  });
});

describe('exceptions for modules', () => {
  const { config, stored, weight } = checkpoint({ bits: 8, sym: true });
  const dynamic = (rules: object): object => ({ ...config, bits: 4, dynamic: rules });

  test('the first that fits counts', () => {
    expectUnpacked(dynamic({ '-:.*attn.*': {}, '+:.*\\.up_proj$': { bits: 8 }, '.*': { bits: 2 } }), stored, weight);
    expectUnpacked(dynamic({ '.*layers\\.0\\..*': { bits: 8, sym: true, group_size: 32, desc_act: false } }), stored, weight);
  });

  test('modules that are left alone', () => {
    const plain = storedModule('lm_head', 8, 32, { '.weight': ['F8_E4M3', [8, 32], new Uint8Array(256)] });
    expect(layoutOf(config, plain)).toBeUndefined();
    expect(failure({ ...config, lm_head: true }, plain)).toMatchObject({ code: 'checkpoint/missing-tensor', tensor: 'lm_head.qweight' });
    const other = storedModule('model.visual.proj', 8, 32, { '.weight': ['I8', [8, 32], new Uint8Array(256)] });
    expect(layoutOf({ ...config, dynamic: { '-:model\\.visual': {} } }, other)).toBeUndefined();
    expect(layoutOf({ ...config, modules_to_not_convert: ['visual'] }, other)).toBeUndefined();
    expect(failure(config, other)).toMatchObject({ code: 'checkpoint/missing-tensor', tensor: 'model.visual.proj.qweight' });
  });

  test.each([
    ['dynamic', { '+:(': { bits: 8 } }],
    ['dynamic..*.format', { '.*': { format: 'marlin' } }],
    ['dynamic..*.bits', { '.*': { bits: 'many' } }],
    ['dynamic..*', { '.*': 8 }],
  ])('%s', (key, rules) => {
    expect(failure(dynamic(rules), stored)).toMatchObject({ code: 'config', key: `quantization_config.${key}` });
  });
});

describe('refuses', () => {
  const { config, stored } = checkpoint({ sym: true });

  test.each([
    ['gptq/marlin', { checkpoint_format: 'marlin' }],
    ['gptq/marlin', { checkpoint_format: null, is_marlin_format: true }],
    ['gptq', { bits: 5 }],
    ['gptq', { group_size: 16 }],
    ['gptq', { group_size: 0 }],
    ['gptq', { pack_dtype: 'int16' }],
    ['gptq', { dynamic: { '.*': { bits: 6 } } }],
  ])('%s: %o', (method, change) => {
    expect(failure({ ...config, ...change }, stored)).toMatchObject({ code: 'load/unsupported-quantization', method });
  });

  test.each([
    ['bits', { bits: '4' }],
    ['group_size', { group_size: undefined }],
    ['group_size', { group_size: -2 }],
    ['sym', { sym: 1 }],
    ['desc_act', { desc_act: 'yes' }],
    ['dynamic', { dynamic: [] }],
  ])('a wrong %s', (key, change) => {
    expect(failure({ ...config, ...change }, stored)).toMatchObject({ code: 'config', key: `quantization_config.${key}` });
  });

  const index = (change: (index: Int32Array) => void): Contents => {
    const values = Int32Array.from({ length: 96 }, (_, k) => Math.floor(k / 32));
    change(values);
    return ['I32', [96], values];
  };
  const scales = (value: number): Contents => numbers(randomScales(3, 40, 1).map((row, i) => (i === 1 ? row.map((scale, n) => (n === 5 ? value : scale)) : row)), 'F32');
  const halves = (bits: number): Contents => ['F16', [3, 40], new Uint16Array(120).fill(0x2000).fill(bits, 45, 46)];
  test.each<[string, string, string, Contents | undefined, object?]>([
    ['missing codes', 'missing-tensor', '.qweight', undefined],
    ['missing scales', 'missing-tensor', '.scales', undefined],
    ['missing zero points', 'missing-tensor', '.qzeros', undefined, { sym: false }],
    ['missing indices', 'missing-tensor', '.g_idx', undefined, { desc_act: true }],
    ['codes of another shape', 'tensor-shape', '.qweight', ['I32', [40, 12], new Int32Array(480)]],
    ['codes of another dtype', 'unsupported-dtype', '.qweight', ['U8', [12, 40], new Uint8Array(480)]],
    ['scales of another shape', 'tensor-shape', '.scales', ['F16', [6, 40], new Uint16Array(240)]],
    ['scales of another dtype', 'unsupported-dtype', '.scales', ['I32', [3, 40], new Int32Array(120)]],
    ['zero points of another shape', 'tensor-shape', '.qzeros', ['I32', [3, 4], new Int32Array(12)]],
    ['indices of another shape', 'tensor-shape', '.g_idx', ['I32', [95], new Int32Array(95)]],
    ['a scale that is no number', 'tensor-values', '.scales', scales(NaN)],
    ['a scale that is infinite', 'tensor-values', '.scales', scales(-Infinity)],
    ['a half that is no number', 'tensor-values', '.scales', halves(0x7e00)],
    ['a half that is infinite', 'tensor-values', '.scales', halves(0xfc00)],
    ['a half that is too large', 'tensor-values', '.scales', halves(0x6c00)],
    ['zero points that are not in the middle', 'tensor-values', '.qzeros', ['I32', [3, 5], new Int32Array(15).fill(0x77777777).fill(0x78777777, 7, 8)]],
    ['a group too large', 'tensor-values', '.g_idx', index((values) => (values[40] = 0)), { desc_act: true }],
    ['a group that is not there', 'tensor-values', '.g_idx', index((values) => (values[95] = 3)), { desc_act: true }],
    ['a negative group', 'tensor-values', '.g_idx', index((values) => (values[0] = -1)), { desc_act: true }],
    ['an order that the config denies', 'tensor-values', '.g_idx', index((values) => values.reverse())],
  ])('%s', (_, problem, suffix, contents, change = {}) => {
    expect(failure({ ...config, ...change }, withContents(stored, { [suffix]: contents }))).toMatchObject({
      code: `checkpoint/${problem}`, file: 'model.safetensors', tensor: `model.layers.0.mlp.up_proj${suffix}`,
    });
  });

  test('a scale names its row', () => {
    expect(failure(config, withContents(stored, { '.scales': scales(NaN) }))).toMatchObject({ message: expect.stringContaining('row 5 of the weight') });
  });

  test('a zero point of 256, which version 1 could store', () => {
    const eight = checkpoint({ bits: 8, rows: 4, inputs: 32 });
    const zeros: Contents = ['I32', [1, 1], Int32Array.of(-1)];
    expect(failure(eight.config, withContents(eight.stored, { '.qzeros': zeros }))).toMatchObject({ code: 'checkpoint/tensor-values' });
  });
});
