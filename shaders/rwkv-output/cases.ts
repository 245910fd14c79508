import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { rwkvOutputReference } from './reference.ts';
import { rwkvOutput } from './rwkv-output.ts';

function rwkvOutputCase(count: number, heads: number, headDim: number): KernelCase {
  const variant = { heads, headDim, eps: headDim * 1e-5 };
  const width = heads * headDim;
  const length = count * roundUp(width, 4);
  return {
    name: `rwkv-output T=${count} heads=${heads}x${headDim}`,
    kernels: (target) => [rwkvOutput(variant, target)],
    step: { count, position: 0, slotIn: 0, slotOut: 1 },
    inputs: () => ({ x: normal(length, 1, 0.1), mixed: normal(count * roundUp(3 * width, 4), 2), rates: normal(length, 3), gate: normal(length, 4), parameters: normal(5 * width, 5) }),
    outputs: { out: { type: 'f32', length } },
    expected: (inputs) => ({ out: rwkvOutputReference(variant, inputs, count) }),
    tolerance: 2e-6,
  };
}

export const rwkvOutputCases: readonly KernelCase[] = [rwkvOutputCase(1, 2, 64), rwkvOutputCase(3, 7, 12), rwkvOutputCase(2, 3, 35)];
