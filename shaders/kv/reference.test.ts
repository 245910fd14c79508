import { describe, expect, test } from 'vitest';
import { normal, uniform } from '../random.ts';
import { kvCacheBytes } from './kv-format.ts';
import { KV_GROUP, KV_LAYOUTS } from './kv-layouts.ts';
import { kvCodes, packKvCache, packKvRow, unpackKvCache, unpackKvRow, type PackedKvFormat } from './reference.ts';

const FORMATS: readonly PackedKvFormat[] = ['int8', 'int4'];
const HEAD_DIMS = [4, 16, 20, 32, 36, 64, 80, 128, 256];

/** Rows of every size and offset, with and without an outlier. */
const rows = (headDim: number): Float32Array[] =>
  [1e-30, 1e-6, 1, 3e4].flatMap((scale, i) =>
    [0, 3, -50].map((offset, j) => normal(headDim, 10 * i + j, scale).map((x, k) => (k === 2 && j === 1 ? 40 * x : x + offset * scale))),
  );

const groupsOf = (row: ArrayLike<number>): number[][] =>
  Array.from({ length: Math.ceil(row.length / KV_GROUP) }, (_, group) => Array.from(row).slice(group * KV_GROUP, (group + 1) * KV_GROUP));

test('a row takes its codes and a word for each 32 elements', () => {
  expect(HEAD_DIMS.map((headDim) => kvCacheBytes(KV_LAYOUTS.int8, 2, 10, headDim))).toEqual([8, 20, 24, 36, 44, 72, 92, 144, 288].map((bytes) => bytes * 20));
  expect(HEAD_DIMS.map((headDim) => kvCacheBytes(KV_LAYOUTS.int4, 2, 10, headDim))).toEqual([8, 12, 16, 20, 28, 40, 52, 80, 160].map((bytes) => bytes * 20));
});

describe.each(FORMATS)('%s', (format) => {
  const { levels, zeroUnit } = kvCodes(format);
  /** Errors of the range that is not trimmed, in steps between codes: of the code, of the zero, and of the scale, which keeps 12 bits. */
  const untrimmed = 0.5 + 0.5 / zeroUnit + levels * 2 ** -12;

  test.each(HEAD_DIMS)('is off by half a step, and by a few tenths more at a clipped end: headDim %i', (headDim) => {
    for (const row of rows(headDim)) {
      const kept = groupsOf(unpackKvRow(format, packKvRow(format, row), headDim));
      groupsOf(row).forEach((group, g) => {
        const step = (Math.max(0, ...group) - Math.min(0, ...group)) / levels;
        const errors = group.map((value, i) => Math.abs(kept[g][i] - value));
        expect(Math.max(...errors)).toBeLessThanOrEqual((untrimmed + 3 * 0.35) * step);
        expect(Math.hypot(...errors)).toBeLessThanOrEqual(untrimmed * step * Math.sqrt(group.length));
        expect(Math.hypot(...errors)).toBeGreaterThan(0);
      });
    }
  });

  test('normal rows keep as much as was measured', () => {
    const row = normal(256 * 64, 5);
    const kept = unpackKvCache(format, packKvCache(format, Float64Array.from(row), 256), 256);
    const ratio = Math.hypot(...row) / Math.hypot(...kept.map((value, i) => value - row[i]));
    expect(20 * Math.log10(ratio)).toBeGreaterThan({ int8: 47.2, int4: 22.7 }[format]);
  });

  test('zeros stay zeros, in a row and beside other groups', () => {
    expect(unpackKvRow(format, packKvRow(format, new Float64Array(36)), 36)).toEqual(new Float64Array(36));
    const row = Float64Array.from({ length: 64 }, (_, i) => (i < 32 ? 0 : i));
    expect(unpackKvRow(format, packKvRow(format, row), 64).subarray(0, 32)).toEqual(new Float64Array(32));
  });

  test('groups and rows do not know of each other', () => {
    const next = uniform(3);
    const cache = Float64Array.from({ length: 3 * 80 }, () => next() - 0.5);
    const kept = unpackKvCache(format, packKvCache(format, cache, 80), 80);
    const changed = cache.map((value, i) => (i >= 80 + 32 && i < 80 + 64 ? value * 9 : value));
    const keptChanged = unpackKvCache(format, packKvCache(format, changed, 80), 80);
    expect([...kept.keys()].filter((i) => kept[i] !== keptChanged[i]).every((i) => i >= 80 + 32 && i < 80 + 64)).toBe(true);
    expect(keptChanged).not.toEqual(kept);
  });

  test('a row that was never written is not a number', () => {
    const cache = Float64Array.from({ length: 72 }, (_, i) => (i < 36 ? i : NaN));
    const kept = unpackKvCache(format, packKvCache(format, cache, 36), 36);
    expect([...kept.keys()].filter((i) => Number.isNaN(kept[i]))).toEqual(Array.from({ length: 36 }, (_, i) => 36 + i));
  });
});
