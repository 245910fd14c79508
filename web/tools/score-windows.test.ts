import { expect, test } from 'vitest';
import { negativeLogLikelihood, scoreWindows } from './score-windows.ts';

test.each([[2, 8, 4], [8, 8, 4], [9, 8, 4], [100, 8, 3], [101, 16, 15], [1000, 512, 256]])('%i tokens in windows of %i every %i: each token counts once, with its context', (count, context, stride) => {
  const counted = Array.from({ length: count }, () => 0);
  for (const { start, scored, end } of scoreWindows(count, context, stride)) {
    expect(end - start).toBeLessThanOrEqual(context);
    expect(scored).toBeGreaterThan(start);
    for (let i = scored; i < end; i++) {
      counted[i]++;
      expect(i - start).toBeGreaterThanOrEqual(Math.min(i, context - stride));
    }
  }
  expect(counted).toEqual([0, ...Array.from({ length: count - 1 }, () => 1)]);
});

test('a single token predicts nothing', () => {
  expect(scoreWindows(1, 8, 4)).toEqual([]);
});

test('likelihoods are those of a softmax, also of large logits', () => {
  expect(negativeLogLikelihood(Float32Array.of(0, 0, 0, 0), 2)).toBeCloseTo(Math.log(4), 12);
  const [first, second] = [0, 1].map((token) => negativeLogLikelihood(Float32Array.of(500, 503), token));
  expect(first - second).toBeCloseTo(3, 12);
  expect(Math.exp(-first) + Math.exp(-second)).toBeCloseTo(1, 12);
});
