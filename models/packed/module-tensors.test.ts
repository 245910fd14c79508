import { expect, test } from 'vitest';
import { wordsOf } from './module-tensors.ts';

test('words are those of the bytes, aligned or not', () => {
  const bytes = Uint8Array.of(9, 1, 0, 0, 0, 255, 255, 255, 255, 7);
  expect(wordsOf(bytes.subarray(1))).toEqual(Int32Array.of(1, -1));
  expect(wordsOf(bytes.slice(1))).toEqual(Int32Array.of(1, -1));
});

test('a tensor may have more bytes than an i32 can count', () => {
  // Memory that is never written takes no room.
  expect(wordsOf(new Uint8Array(2 ** 31 + 8))).toHaveLength(2 ** 29 + 2);
});
