import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { hedgehog, weightedMean, type HedgehogVariant } from './hedgehog.ts';
import { hedgehogReference, weightedMeanReference } from './reference.ts';

function hedgehogCase(count: number, variant: HedgehogVariant, scale = 1): KernelCase {
  const { heads, times, features, from, to } = variant;
  return {
    name: `hedgehog T=${count} ${heads}x${from.dim} to ${heads * times}x2·${features}${scale > 1 ? ' large' : ''}`,
    kernels: () => [hedgehog(variant)],
    step: { count, position: 0, slotIn: 0, slotOut: 1 },
    inputs: () => ({ x: normal(count * from.stride, 1, scale), weight: normal(features * from.dim, 2, from.dim ** -0.5) }),
    outputs: { out: { type: 'f32', length: count * to.stride } },
    expected: ({ x, weight }) => ({ out: hedgehogReference(variant, x, weight, count) }),
    tolerance: scale > 1 ? 1e-4 : 2e-6,
  };
}

function weightedMeanCase(count: number, heads: number, dim: number, xDim: number): KernelCase {
  const variant = { heads, dim, xDim, least: 0.5 };
  const length = count * heads * dim;
  return {
    name: `weighted-mean T=${count} ${heads}x${dim} of ${xDim}`,
    kernels: () => [weightedMean(variant)],
    step: { count, position: 0, slotIn: 0, slotOut: 1 },
    inputs: () => ({ x: normal(count * heads * xDim, 1), added: normal(length, 2), factor: normal(1, 3) }),
    outputs: { out: { type: 'f32', length } },
    expected: ({ x, added, factor }) => ({ out: weightedMeanReference(variant, { x, added, factor }) }),
    tolerance: 1e-6,
  };
}

export const hedgehogCases: readonly KernelCase[] = [
  hedgehogCase(1, { heads: 3, times: 1, features: 128, from: { dim: 64, column: 4, stride: 200 }, to: { column: 0, stride: 768 } }),
  hedgehogCase(3, { heads: 2, times: 3, features: 7, from: { dim: 5, column: 1, stride: 12 }, to: { column: 3, stride: 90 } }),
  // Logits whose exponentials are beyond f32.
  hedgehogCase(2, { heads: 1, times: 2, features: 70, from: { dim: 12, column: 0, stride: 12 }, to: { column: 0, stride: 280 } }, 100),
  weightedMeanCase(3, 5, 13, 16),
];
