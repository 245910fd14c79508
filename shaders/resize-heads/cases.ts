import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { resizeHeadsReference } from './reference.ts';
import { resizeHeads, type ResizeHeadsVariant } from './resize-heads.ts';

function resizeHeadsCase(variant: ResizeHeadsVariant, count: number): KernelCase {
  const { heads, from, to } = variant;
  return {
    name: `resize-heads T=${count} ${heads} of ${from.dim} to ${to.dim}`,
    kernels: () => [resizeHeads(variant)],
    step: { count, position: 0, slotIn: 0, slotOut: 1 },
    inputs: () => ({ x: normal(count * from.stride, 1) }),
    outputs: { out: { type: 'f32', length: count * to.stride } },
    expected: ({ x }) => ({ out: resizeHeadsReference(variant, x, count) }),
    tolerance: 0,
  };
}

export const resizeHeadsCases: readonly KernelCase[] = [
  resizeHeadsCase({ heads: 5, from: { dim: 27, column: 3, stride: 144 }, to: { dim: 28, column: 8, stride: 160 } }, 3),
  resizeHeadsCase({ heads: 3, from: { dim: 8, column: 0, stride: 24 }, to: { dim: 6, column: 1, stride: 20 } }, 2),
];
