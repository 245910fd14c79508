import { describe, expect, test } from 'vitest';
import { ggmlWeight } from '../../models/packed/ggml/ggml-weight.ts';
import { CheckpointError } from '../../models/errors/checkpoint-error.ts';
import type { TensorInfo } from '../../models/checkpoint/tensor-info.ts';
import type { PackedModule } from '../../models/packed/packing.ts';
import { bytesPerRow } from '../../shaders/dequant/formats.ts';
import { decodeRows } from '../../shaders/dequant/reference.ts';
import { decodeBlocks, randomBlocks } from '../support/gguf/blocks.ts';
import { GGML_TYPES, ggmlBytes, type GgmlTypeName } from '../support/gguf/ggml-types.ts';

const BLOCK_TYPES = (Object.keys(GGML_TYPES) as GgmlTypeName[]).filter((type) => GGML_TYPES[type].elements > 1);
const ROWS = 7;

/** Types whose scales are stored 16 times as large, which must fit a half: up to 4,095 (real ones are below 1). */
const GROUP_SCALED: readonly GgmlTypeName[] = ['Q4_0', 'Q5_0', 'Q8_0', 'IQ4_NL'];

/** Blocks of arbitrary bytes for `ROWS` rows, with scales that are read. */
function blocksOf(type: GgmlTypeName, inputs: number, seed: number): Uint8Array<ArrayBuffer> {
  const { elements, bytes } = GGML_TYPES[type];
  const blocks = randomBlocks(type, (ROWS * inputs) / elements, seed);
  if (GROUP_SCALED.includes(type)) for (let at = 1; at < blocks.length; at += bytes) blocks[at] &= 0xbf;
  return blocks;
}

/** Without negative zeros, which ggml's decoders do not have everywhere. */
const unsignedZeros = (values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> => values.map((value) => value + 0);

function weightOf(type: GgmlTypeName, inputs: number, stored?: TensorInfo['stored'], shape: readonly number[] = [ROWS, inputs]) {
  const tensor: TensorInfo = { name: 'm.weight', dtype: type, shape, byteLength: ggmlBytes(type, ROWS * inputs), file: 'm.gguf', offset: 0, ...(stored && { stored }) };
  return ggmlWeight({ name: 'm', rows: ROWS, inputs, tensors: new Map([['.weight', tensor]]) });
}

/** The planes of rows `first` … `first + count`, by plane. */
function planesOf(type: GgmlTypeName, inputs: number, bytes: Uint8Array<ArrayBuffer>, first: number, count: number, stored?: TensorInfo['stored']) {
  const layout = weightOf(type, inputs, stored)?.layout(new Map());
  const converter = layout?.converters.get('.weight');
  if (!layout || !converter) throw new Error(`${type} is not read`);
  return { format: layout.format.key, order: layout.order, planes: converter(bytes, first, count) };
}

describe.each(BLOCK_TYPES)('%s', (type) => {
  const inputs = 3 * Math.max(256, GGML_TYPES[type].elements);
  const bytes = blocksOf(type, inputs, 5);
  const expected = unsignedZeros(decodeBlocks(type, bytes));

  test('becomes planes that decode bit for bit like its blocks', () => {
    const { format, planes } = planesOf(type, inputs, bytes, 0, ROWS);
    expect(unsignedZeros(decodeRows(format, planes, ROWS, inputs))).toEqual(expected);
  });

  test('takes at most 6 % more bytes on the GPU than in the file', () => {
    const { format } = planesOf(type, inputs, bytes, 0, ROWS);
    expect((ROWS * bytesPerRow(format, inputs)) / bytes.length).toBeLessThan(1.06);
  });

  test('is converted in slabs of any size to the same bytes', () => {
    const whole = planesOf(type, inputs, bytes, 0, ROWS).planes;
    for (const [first, count] of [[0, 1], [1, 4], [5, 2]]) {
      const slab = planesOf(type, inputs, bytes, first, count).planes;
      for (const [name, part] of Object.entries(slab)) {
        const size = part.length / count;
        expect(part).toEqual(whole[name as keyof typeof whole]?.subarray(first * size, (first + count) * size));
      }
    }
  });

  test('follows an order of rows and of columns', () => {
    const rows = Uint32Array.from([6, 0, 3, 1, 5, 2, 4]);
    const columns = Uint32Array.from({ length: inputs }, (_, k) => (k + 17) % inputs);
    const { format, order, planes } = planesOf(type, inputs, bytes, 0, ROWS, { rows, columns });
    expect(order).toEqual(columns);
    const values = unsignedZeros(decodeRows(format, planes, ROWS, inputs));
    rows.forEach((from, row) => expect(values.subarray(row * inputs, (row + 1) * inputs)).toEqual(expected.subarray(from * inputs, (from + 1) * inputs)));
  });

  test('is refused in another shape, and where its values would have to be undone', () => {
    expect(() => weightOf(type, inputs, undefined, [ROWS + 1, inputs])).toThrow(CheckpointError);
    expect(() => weightOf(type, inputs, { restore: (value) => value - 1 })).toThrow(CheckpointError);
  });
});

describe('a scale that is not finite', () => {
  test.each([
    ['Q4_0', 0], ['Q8_0', 0], ['Q4_1', 2], ['Q5_1', 0], ['Q4_K', 2], ['Q5_K', 0], ['Q6_K', 208], ['Q2_K', 82], ['Q3_K', 108], ['IQ4_NL', 0], ['IQ4_XS', 0],
  ] as const)('of %s is an error that names tensor and row', (type, at) => {
    const inputs = 256;
    const bytes = blocksOf(type, inputs, 6);
    const row = 4;
    new DataView(bytes.buffer).setUint16(row * ggmlBytes(type, inputs) + at, 0x7c00, true);
    expect(() => planesOf(type, inputs, bytes, 0, ROWS)).toThrow(/m\.gguf: tensor "m\.weight".* row 4 /);
  });

  test('of MXFP4 and NVFP4 is one too', () => {
    for (const [type, code] of [['MXFP4', 0xff], ['NVFP4', 0x7f]] as const) {
      const bytes = blocksOf(type, 64, 6);
      bytes[0] = code;
      expect(() => planesOf(type, 64, bytes, 0, ROWS)).toThrow(/row 0 /);
    }
  });
});

test("GPT-2's matrices, which the Hub has the other way round, are read as they lie in the file", () => {
  const bytes = blocksOf('Q8_0', 64, 7);
  const tensor: TensorInfo = { name: 'm.weight', dtype: 'Q8_0', shape: [ROWS, 64], byteLength: bytes.length, file: 'm.gguf', offset: 0, stored: { transposed: true } };
  const module: PackedModule = { name: 'm', rows: ROWS, inputs: 64, tensors: new Map([['.weight', tensor]]), transposed: true };
  const planes = ggmlWeight(module)?.layout(new Map()).converters.get('.weight')?.(bytes, 0, ROWS) ?? {};
  expect(unsignedZeros(decodeRows('int8', planes, ROWS, 64))).toEqual(unsignedZeros(decodeBlocks('Q8_0', bytes)));
  expect(() => ggmlWeight({ ...module, transposed: false })).toThrow(CheckpointError);
  expect(() => ggmlWeight({ ...module, tensors: new Map([['.weight', { ...tensor, stored: {} }]]) })).toThrow(CheckpointError);
});

describe("the factor of a whole tensor", () => {
  const inputs = 64;
  const factor = (value: number, dtype = 'F32', shape: readonly number[] = [1]) => ({ info: { name: 'm.scale', dtype, shape, byteLength: 4, file: 'm.gguf', offset: 0 }, bytes: new Uint8Array(Float32Array.of(value).buffer) });
  const read = (type: 'NVFP4' | 'Q8_0', { info, bytes }: ReturnType<typeof factor>): Float32Array => {
    const blocks = blocksOf(type, inputs, 8);
    const tensor: TensorInfo = { name: 'm.weight', dtype: type, shape: [ROWS, inputs], byteLength: blocks.length, file: 'm.gguf', offset: 0 };
    const weight = ggmlWeight({ name: 'm', rows: ROWS, inputs, tensors: new Map([['.weight', tensor], ['.weight_scale_2', info]]) });
    expect(weight?.early).toEqual(['.weight_scale_2']);
    const layout = weight?.layout(new Map([['.weight_scale_2', bytes]]));
    return decodeRows('nvfp4', layout?.converters.get('.weight')?.(blocks, 0, ROWS) ?? {}, ROWS, inputs);
  };

  test('multiplies all of an NVFP4 weight', () => {
    const expected = decodeBlocks('NVFP4', blocksOf('NVFP4', inputs, 8)).map((value) => value * 0.25);
    expect(unsignedZeros(read('NVFP4', factor(0.25)).slice())).toEqual(unsignedZeros(expected));
  });

  test.each<[string, 'NVFP4' | 'Q8_0', ReturnType<typeof factor>, string]>([
    ['no number', 'NVFP4', factor(NaN), 'tensor-values'],
    ['of another dtype', 'NVFP4', factor(1, 'F16'), 'unsupported-dtype'],
    ['more than one number', 'NVFP4', factor(1, 'F32', [2]), 'tensor-shape'],
    ['beside blocks that are read without one', 'Q8_0', factor(2), 'unexpected-tensor'],
  ])('that is %s is refused', (_, type, stored, problem) => {
    expect(() => read(type, stored)).toThrow(expect.objectContaining({ code: `checkpoint/${problem}`, file: 'm.gguf', tensor: 'm.scale' }));
  });
});
