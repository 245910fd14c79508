import { describe, expect, test } from 'vitest';
import { uniform } from '../../shaders/random.ts';
import { bytesOfText, expectUnpacked, failure, layoutOf, randomCodes, storedModule, withContents, type Contents } from '../../tests/support/packed-modules.ts';

const NAME = 'model.layers.0.mlp.up_proj';
const NF4 = Float32Array.of(
  -1, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022823334, -0.09105003625154495, 0,
  0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1,
);
const STATE = '.weight.quant_state.bitsandbytes__nf4';
const four = { quant_method: 'bitsandbytes', _load_in_4bit: true, _load_in_8bit: false, load_in_4bit: true, load_in_8bit: false, bnb_4bit_quant_type: 'nf4', bnb_4bit_use_double_quant: true, bnb_4bit_quant_storage: 'uint8', llm_int8_skip_modules: ['lm_head'] };

const stateOf = (state: object): Contents => {
  const bytes = bytesOfText(JSON.stringify(state));
  return ['U8', [bytes.length], bytes];
};

function nf4(rows: number, inputs: number, block: number, nestedBlock?: number) {
  const codes = randomCodes(rows, inputs, 16, 1);
  const next = uniform(2);
  const floats = (length: number): Float32Array<ArrayBuffer> => Float32Array.from({ length }, () => next() * 0.1 + 0.01);
  const blocks = (rows * inputs) / block;
  const flat = codes.flat();
  const weight = Uint8Array.from({ length: flat.length / 2 }, (_, i) => (flat[2 * i] << 4) | flat[2 * i + 1]);
  const state = { quant_type: 'nf4', blocksize: block, dtype: 'bfloat16', shape: [rows, inputs], ...(nestedBlock && { nested_blocksize: nestedBlock, nested_dtype: 'float32', nested_offset: 0.0625 + 2 ** -20 }) };
  const contents: Record<string, Contents> = { '.weight': ['U8', [weight.length, 1], weight], '.weight.quant_map': ['F32', [16], NF4], [STATE]: stateOf(state) };
  let largest: Float32Array;
  if (nestedBlock) {
    const absmax = Uint8Array.from(randomCodes(1, blocks, 256, 3)[0]);
    const table = Float32Array.from({ length: 256 }, (_, i) => (i - 128) / 255);
    const nested = floats(Math.ceil(blocks / nestedBlock));
    contents['.weight.absmax'] = ['U8', [blocks], absmax];
    contents['.weight.nested_quant_map'] = ['F32', [256], table];
    contents['.weight.nested_absmax'] = ['F32', [nested.length], nested];
    largest = Float32Array.from(absmax, (code, i) => Math.fround(table[code] * nested[Math.floor(i / nestedBlock)]) + (0.0625 + 2 ** -20));
  } else {
    largest = floats(blocks);
    contents['.weight.absmax'] = ['F32', [blocks], Float32Array.from(largest)];
  }
  return { state, stored: storedModule(NAME, rows, inputs, contents), weight: (row: number, k: number): number => NF4[codes[row][k]] * largest[Math.floor((row * inputs + k) / block)] };
}

describe('NF4', () => {
  test.each([
    [8, 64, 64, undefined, 'nf4:f32:64'],
    [13, 128, 64, undefined, 'nf4:f32:64'],
    [6, 256, 128, undefined, 'nf4:f32:128'],
    [5, 96, 32, undefined, 'nf4:f32:32'],
    [9, 192, 64, 256, 'nf4:f32:64'],
    [21, 192, 64, 8, 'nf4:f32:64'],
  ])('%d × %d in blocks of %d, nested in %s: %s', (rows, inputs, block, nested, format) => {
    const { stored, weight } = nf4(rows, inputs, block, nested);
    expect(expectUnpacked(four, stored, weight).format.key).toBe(format);
  });

  const { state, stored } = nf4(8, 128, 64, 8);
  const plain = nf4(8, 128, 64);

  test.each<[string, string, Contents | undefined]>([
    ['missing-tensor', '.weight', undefined],
    ['missing-tensor', '.weight.absmax', undefined],
    ['missing-tensor', '.weight.quant_map', undefined],
    ['missing-tensor', STATE, undefined],
    ['missing-tensor', '.weight.nested_absmax', undefined],
    ['missing-tensor', '.weight.nested_quant_map', undefined],
    ['tensor-shape', '.weight', ['U8', [8, 64], new Uint8Array(512)]],
    ['tensor-shape', '.weight.absmax', ['U8', [8], new Uint8Array(8)]],
    ['unsupported-dtype', '.weight.absmax', ['F32', [16], new Float32Array(16)]],
    ['tensor-shape', '.weight.nested_absmax', ['F32', [3], new Float32Array(3)]],
    ['tensor-values', '.weight.nested_absmax', ['F32', [2], Float32Array.of(1, NaN)]],
    ['tensor-values', '.weight.nested_quant_map', ['F32', [256], new Float32Array(256).fill(Infinity, 9, 10)]],
    ['tensor-values', '.weight.quant_map', ['F32', [16], NF4.map((value, i) => (i === 3 ? -0.4 : value))]],
  ])('%s of %s', (problem, suffix, contents) => {
    expect(failure(four, withContents(stored, { [suffix]: contents }))).toMatchObject({ code: `checkpoint/${problem}`, file: 'model.safetensors', tensor: `${NAME}${suffix}` });
  });

  test.each<[string, object]>([
    ['shape', { shape: [128, 8] }],
    ['shape', { shape: [8] }],
    ['blocksize', { blocksize: 0 }],
    ['quant_type', { quant_type: 'fp4' }],
    ['nested_blocksize', { nested_blocksize: 'x' }],
    ['nested_offset', { nested_offset: undefined }],
  ])('a wrong %s', (key, change) => {
    expect(failure(four, withContents(stored, { [STATE]: stateOf({ ...state, ...change }) }))).toMatchObject({ code: 'config', file: 'model.safetensors', key: `${NAME}${STATE}.${key}` });
  });

  test('a state that is no JSON, and blocks that do not divide a row', () => {
    expect(failure(four, withContents(stored, { [STATE]: ['U8', [3], bytesOfText('{a}')] }))).toMatchObject({ code: 'checkpoint/json', file: expect.stringContaining(STATE) });
    for (const blocksize of [256, 48]) expect(failure(four, withContents(plain.stored, { [STATE]: stateOf({ ...plain.state, blocksize }) }))).toMatchObject({ code: 'load/unsupported-quantization', message: expect.stringContaining(NAME) });
  });
});

describe('int8', () => {
  const config = { quant_method: 'bitsandbytes', load_in_8bit: true, llm_int8_threshold: 6, llm_int8_skip_modules: null };
  const codes = randomCodes(11, 50, 256, 1).map((row) => row.map((code) => code - 128));
  const largest = Float32Array.from({ length: 11 }, (_, i) => 0.37 * (i + 1));
  const stored = storedModule(NAME, 11, 50, { '.weight': ['I8', [11, 50], Int8Array.from(codes.flat())], '.SCB': ['F32', [11], largest], '.weight_format': ['U8', [], new Uint8Array(1)] });

  test('unpacks', () => {
    expect(expectUnpacked(config, stored, (row, k) => Math.fround(largest[row] / 127) * codes[row][k]).format.key).toBe('int8:f32:row');
    expectUnpacked({ ...config, load_in_8bit: undefined, _load_in_8bit: true }, withContents(stored, { '.weight_format': undefined }), (row, k) => Math.fround(largest[row] / 127) * codes[row][k]);
  });

  test.each<[string, string, Contents | undefined]>([
    ['missing-tensor', '.SCB', undefined],
    ['tensor-shape', '.SCB', ['F32', [11, 1], largest]],
    ['tensor-values', '.SCB', ['F32', [11], new Float32Array(11).fill(NaN)]],
    ['unsupported-dtype', '.weight', ['U8', [11, 50], new Uint8Array(550)]],
    ['tensor-values', '.weight_format', ['U8', [], Uint8Array.of(2)]],
  ])('%s of %s', (problem, suffix, contents) => {
    expect(failure(config, withContents(stored, { [suffix]: contents }))).toMatchObject({ code: `checkpoint/${problem}`, tensor: `${NAME}${suffix}` });
  });
});

test('refuses what it must, leaves alone what is skipped', () => {
  const { stored } = nf4(8, 64, 64);
  expect(failure({ ...four, bnb_4bit_quant_type: 'fp4' }, stored)).toMatchObject({ code: 'load/unsupported-quantization', method: 'bitsandbytes/fp4' });
  expect(failure({ ...four, bnb_4bit_quant_type: undefined }, stored)).toMatchObject({ code: 'load/unsupported-quantization', method: 'bitsandbytes/fp4' });
  expect(failure({ ...four, bnb_4bit_quant_storage: 'bfloat16' }, stored)).toMatchObject({ code: 'load/unsupported-quantization', method: 'bitsandbytes/nf4' });
  expect(failure({ quant_method: 'bitsandbytes' }, stored)).toMatchObject({ code: 'config', key: 'quantization_config.load_in_4bit' });
  expect(layoutOf({ ...four, llm_int8_skip_modules: ['mlp'] }, stored)).toBeUndefined();
});
