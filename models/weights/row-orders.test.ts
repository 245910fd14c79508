import { expect, test } from 'vitest';
import { alternating, bySection, oneByOne } from './row-orders.ts';

/** What rows with these labels come out as. */
function placed(labels: string, order: Uint32Array): string {
  const out: string[] = [];
  [...labels].forEach((label, i) => (out[order[i]] = label));
  return out.join('');
}

test('halves take turns', () => {
  expect(placed('abcABC', alternating(6))).toBe('aAbBcC');
});

test('sections of groups are put together', () => {
  expect(placed('qqkvQQKV', bySection(2, [2, 1, 1]))).toBe('qqQQkKvV');
});

test('tensors one by one, each in its order', () => {
  expect(placed('aAbBcdef', oneByOne([bySection(2, [1, 1]), Uint32Array.of(3, 2, 1, 0)]))).toBe('abABfedc');
});
