import { expect, test } from 'vitest';
import { describeFormat } from '../dequant/formats.ts';
import { linearMatrices } from './linear-matrix.ts';

const kernelsFor = (inputs: number, rows: number) =>
  linearMatrices({ format: describeFormat('int4'), inputs, outputs: 100, outputStride: 100, rowOffset: 0, bias: false, accumulate: false, activation: 'none' }, rows);

test('a step of a prompt runs one product of a weight: for few tokens and many inputs one of its own', () => {
  const running = (inputs: number, rows: number, count: number): string[] =>
    kernelsFor(inputs, rows)
      .filter(({ workgroups }) => workgroups({ count, position: 9 })[0] > 0)
      .map(({ label }) => label.slice(label.lastIndexOf('/') + 1));
  for (const count of [1, 16, 32]) expect([running(512, 32, count), running(512, 128, count)]).toEqual([['few'], ['few']]);
  for (const count of [33, 64, 128]) expect(running(512, 128, count)).toEqual(['many']);
  for (const count of [1, 32, 33, 128]) expect(running(511, 128, count)).toEqual(['many']);
  // None is compiled that no step runs.
  expect([kernelsFor(511, 128).length, kernelsFor(512, 32).length, kernelsFor(512, 128).length]).toEqual([1, 1, 2]);
});
