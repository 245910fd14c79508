import { describe, expect, test } from 'vitest';
import { normal } from '../random.ts';
import { OFF } from './cases.ts';
import { adjustedReference, drawReference, gumbelReference, samplingReference, survivorsReference } from './reference.ts';

/** Pearson's χ² of observed counts against expected ones. */
const chiSquare = (observed: readonly number[], expected: readonly number[]): number => observed.reduce((sum, count, i) => sum + (count - expected[i]) ** 2 / expected[i], 0);

/** A point of u ∈ (0, 1) behind the noise. */
const uniformOf = (seed: number, position: number, token: number): number => Math.exp(-Math.exp(-gumbelReference(seed, position, token)));

describe('the noise', () => {
  test('is uniform along each of its keys, and neighbours are independent', () => {
    const axes = [
      (i: number) => uniformOf(i, 17, 4),
      (i: number) => uniformOf(3, i, 4),
      (i: number) => uniformOf(3, 17, i),
      (i: number) => uniformOf(i, i, i),
    ];
    const draws = 131_072;
    const expected = Array.from({ length: 256 }, () => draws / 256);
    for (const at of axes) {
      const pairs = Array.from({ length: 256 }, () => 0); // 16 × 16 squares of two neighbours
      for (let i = 0; i < 2 * draws; i += 2) pairs[16 * Math.floor(16 * at(i)) + Math.floor(16 * at(i + 1))]++;
      expect(chiSquare(pairs, expected)).toBeLessThan(330.5); // 255 degrees of freedom, p = 0.001
    }
  });

  test('is finite, and reaches further than 24 bits would', () => {
    let largest = 0;
    for (let token = 0; token < 2 ** 20; token++) {
      const noise = gumbelReference(1, 2, token);
      if (!Number.isFinite(noise)) throw new Error(`noise of token ${token} is ${noise}`);
      largest = Math.max(largest, noise);
    }
    expect(largest).toBeGreaterThan(Math.log(2 ** 20) - 3);
  });
});

test('draws follow softmax', () => {
  const y = Float64Array.from(normal(20, 4, 1.5));
  const share = Array.from(y, Math.exp);
  const mass = share.reduce((a, b) => a + b);
  const draws = 50_000;
  const observed = Array.from({ length: 20 }, () => 0);
  const all = [...y.keys()];
  for (let position = 0; position < draws; position++) observed[drawReference(y, all, 12, position).token]++;
  expect(chiSquare(observed, share.map((s) => (draws * s) / mass))).toBeLessThan(43.8); // 19 degrees of freedom, p = 0.001
});

test('each filter works on what the one before leaves', () => {
  const y = Float64Array.from([0.4, 0.3, 0.2, 0.06, 0.04], Math.log);
  const kept = (settings: object): readonly number[] => survivorsReference(y, { ...OFF, temperature: 1, ...settings }).tokens;
  expect(kept({ topK: 2 })).toEqual([0, 1]);
  expect(kept({ topP: 0.65 })).toEqual([0, 1]);
  expect(kept({ topP: 0.75 })).toEqual([0, 1, 2]);
  expect(kept({ topK: 2, topP: 0.55 })).toEqual([0]); // 0.4 of 0.7 is 0.57
  expect(kept({ topP: 1e-9 })).toEqual([0]);
  expect(kept({ minP: 0.45 })).toEqual([0, 1, 2]);
  expect(kept({ minP: 1 })).toEqual([0]);
});

test('ties at a border stay, and among equal maxima the lowest id wins', () => {
  const y = Float64Array.of(1, 3, 2, 2, 2, 0);
  expect(survivorsReference(y, { ...OFF, temperature: 1, topK: 2 }).tokens).toEqual([1, 2, 3, 4]);
  expect(survivorsReference(y, { ...OFF, temperature: 1, topP: 0.5 }).tokens).toEqual([1, 2, 3, 4]);
  expect(samplingReference([1, 3, 3], [0, 0, 0], OFF, 0).token).toBe(1);
});

test('penalties: repetition for all that was seen, the others for what was generated', () => {
  const settings = { ...OFF, repetitionPenalty: 2, presencePenalty: 0.5, frequencyPenalty: 0.25 };
  const adjusted = adjustedReference([4, -4, 4, 4, -Infinity], [2 ** 31, 2 ** 31, 3, 0, 2 ** 31 + 1], settings);
  expect([...adjusted]).toEqual([2, -8, 2 - 0.5 - 0.75, 4, -Infinity]);
});
