import { expect, test } from 'vitest';
import type { StoredAs } from '../checkpoint/stored-as.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { hubRows, hubValues, liesTransposed } from './stored-values.ts';

function tensorOf(shape: readonly number[], values: readonly number[], stored?: StoredAs): readonly [TensorInfo, Uint8Array<ArrayBuffer>] {
  const bytes = new Uint8Array(Float32Array.from(values).buffer);
  return [{ name: 't', dtype: 'F32', shape, byteLength: bytes.length, file: 'f', offset: 0, ...(stored && { stored }) }, bytes];
}

test('rows come in the Hub\'s order, any slab of them', () => {
  const [tensor, bytes] = tensorOf([4, 2], [0, 1, 10, 11, 20, 21, 30, 31], { rows: Uint32Array.of(2, 3, 0, 1) });
  expect([...hubRows(tensor, bytes, 0, 4, 2)]).toEqual([20, 21, 30, 31, 0, 1, 10, 11]);
  expect([...hubRows(tensor, bytes, 1, 2, 2)]).toEqual([30, 31, 0, 1]);
});

test('columns go to the Hub\'s places', () => {
  const [tensor, bytes] = tensorOf([2, 3], [0, 1, 2, 10, 11, 12], { columns: Uint32Array.of(2, 0, 1) });
  expect([...hubRows(tensor, bytes, 0, 2, 3)]).toEqual([1, 2, 0, 11, 12, 10]);
});

test('values are restored in f64, rows of a vector being elements', () => {
  const [tensor, bytes] = tensorOf([3], [1.5, 1.25, Math.fround(1.1)], { rows: Uint32Array.of(1, 0, 2), restore: (value) => value - 1 });
  expect([...hubValues(tensor, bytes)]).toEqual([0.25, 0.5, Math.fround(1.1) - 1]);
});

test('rows of more dimensions move whole', () => {
  const [tensor, bytes] = tensorOf([2, 1, 2], [1, 2, 3, 4], { rows: Uint32Array.of(1, 0) });
  expect([...hubValues(tensor, bytes)]).toEqual([3, 4, 1, 2]);
});

test('as the Hub has it, bytes are only looked at', () => {
  const [tensor, bytes] = tensorOf([2, 2], [1, 2, 3, 4]);
  expect(hubRows(tensor, bytes, 1, 1, 2).buffer).toBe(bytes.buffer);
});

test('transposed twice is not transposed', () => {
  const [plain] = tensorOf([1, 1], [1]);
  const [turned] = tensorOf([1, 1], [1], { transposed: true });
  expect([plain, turned].flatMap((tensor) => [false, true].map((transposed) => liesTransposed({ transposed }, tensor)))).toEqual([false, true, true, false]);
});
