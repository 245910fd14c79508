import { describe, expect, test } from 'vitest';
import { F32_PACKERS } from '../../tests/support/f32-packers.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import type { PackedLayout, Packing } from '../packed/packing.ts';
import { describeFormat } from '../../shaders/dequant/formats.ts';
import { planWeights, type WeightPlan } from './plan.ts';
import { blockDiagonal } from './block-diagonal.ts';
import { concatenated, matrix, vector } from './spec.ts';

const infoOf = (name: string, dtype: string, ...shape: number[]): TensorInfo => ({ name, dtype, shape, byteLength: 4 * shape.reduce((product, size) => product * size, 1), file: 'x.safetensors', offset: 0 });

/** A method that reads `codes` of a module and leaves everything else of it. */
const packing: Packing = {
  module: () => ({ early: [], layout: () => ({ format: describeFormat('int8'), converters: new Map([['.codes', () => ({})]]) }) }),
};

const weight = matrix('m.weight', 2, 32);

function planOf(tree: object, ...tensors: TensorInfo[]): WeightPlan {
  const checkpoint = { tensors: new Map(tensors.map((info) => [info.name, info])), weightsFile: 'x.safetensors' };
  return planWeights(tree, checkpoint, { canonicalName: (name) => name, packers: F32_PACKERS, packing });
}

describe('the bias of a packed module that the model does not want', () => {
  const layoutWith = (bias: TensorInfo): PackedLayout => planOf({ weight }, infoOf('m.codes', 'I8', 2, 32), bias).parts[0].weight.layout(new Map());
  const convert = (...values: number[]) => layoutWith(infoOf('m.bias', 'F32', 2)).converters.get('.bias')?.(new Uint8Array(Float32Array.from(values).buffer), 0, 2);

  test('is read, and makes no plane where it is zero', () => {
    expect(convert(0, -0)).toEqual({});
    expect([...layoutWith(infoOf('m.bias', 'F32', 2)).converters.keys()]).toEqual(['.codes', '.bias']);
  });

  test.each([[[0, 1e-30]], [[NaN, 0]]])('is refused where it is not zero: %o', (values) => {
    expect(() => convert(...values)).toThrow(expect.objectContaining({ code: 'checkpoint/unexpected-tensor', file: 'x.safetensors', tensor: 'm.bias' }));
  });

  test('is refused where it is packed itself', () => {
    expect(() => layoutWith(infoOf('m.bias', 'I32', 2))).toThrow(expect.objectContaining({ code: 'checkpoint/unsupported-dtype', tensor: 'm.bias' }));
  });

  test('is nobody else\'s business where the model wants it', () => {
    const plan = planOf({ weight, bias: vector('m.bias', 2) }, infoOf('m.codes', 'I8', 2, 32), infoOf('m.bias', 'F32', 2));
    expect([...plan.parts[0].tensors.keys()]).toEqual(['.codes']);
    expect([...plan.vectors.keys()]).toEqual(['m.bias']);
  });
});

describe('a vector that checkpoints cut in different ways', () => {
  const cut = (...lengths: number[]) => concatenated('v', lengths.map((length, i) => vector(`v${i}`, length)));
  const spec = { ...cut(4, 8), alternatives: [cut(6, 6).parts] };
  const stored = (...lengths: number[]) => lengths.map((length, i) => infoOf(`v${i}`, 'F32', length));

  test.each([[4, 8], [6, 6]])('is put together of %i and %i', (first, second) => {
    const { vectors, parameters } = planOf({ spec }, ...stored(first, second));
    expect([...vectors].map(([name, { part }]) => [name, part.shape, part.offset])).toEqual([['v0', [first], 0], ['v1', [second], first]]);
    expect(parameters).toBe(12);
  });

  test('is refused in any other', () => {
    expect(() => planOf({ spec }, ...stored(8, 4))).toThrow(expect.objectContaining({ code: 'checkpoint/tensor-shape', tensor: 'v0', message: expect.stringContaining('[4]') }));
  });
});

describe('matrices over inputs of their own', () => {
  const spec = blockDiagonal('m', [['a', 1, 2], ['b', 2, 1]]);
  const values = (...numbers: number[]): Uint8Array<ArrayBuffer> => new Uint8Array(Float32Array.from(numbers).buffer);

  test('have zeros beside them', () => {
    const plan = planOf({ spec }, infoOf('a', 'F32', 1, 2), infoOf('b', 'F32', 2, 1));
    const rows = [values(1, 2), values(3, 4)].map((bytes, part) => {
      const { converters } = plan.parts[part].weight.layout(new Map());
      const { quants } = converters.get('')?.(bytes, 0, part + 1) ?? {};
      return [...new Float32Array(quants?.buffer ?? new ArrayBuffer(0))].filter((_, i) => i % 32 < 3);
    });
    expect(rows).toEqual([[1, 2, 0], [0, 0, 3, 0, 0, 4]]);
  });

  test('are refused where they are packed', () => {
    expect(() => planOf({ spec }, infoOf('a.codes', 'I8', 1, 2), infoOf('b', 'F32', 2, 1))).toThrow(expect.objectContaining({ code: 'load/unsupported-quantization' }));
  });
});
