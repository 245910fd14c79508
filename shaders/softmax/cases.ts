import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { softmaxReference } from './reference.ts';
import { softmax, type SoftmaxVariant } from './softmax.ts';

function softmaxCase(count: number, variant: SoftmaxVariant, scale = 2): KernelCase {
  const { parts, dim, stride, column } = variant;
  return {
    name: `softmax T=${count} ${parts}x${dim} at ${column} of ${stride}${scale > 10 ? ' large' : ''}`,
    kernels: () => [softmax(variant)],
    step: { count, position: 0, slotIn: 0, slotOut: 1 },
    inputs: () => ({ x: normal(count * stride, 1, scale) }),
    outputs: { out: { type: 'f32', length: count * roundUp(parts * dim, 4) } },
    expected: ({ x }) => ({ out: softmaxReference(variant, x) }),
    tolerance: 2e-6,
  };
}

export const softmaxCases: readonly KernelCase[] = [
  softmaxCase(1, { parts: 1, dim: 1, stride: 4, column: 3 }),
  softmaxCase(3, { parts: 5, dim: 63, stride: 324, column: 5 }),
  // Logits whose exponentials are beyond f32.
  softmaxCase(2, { parts: 1, dim: 515, stride: 516, column: 0 }, 200),
];
