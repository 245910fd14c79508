import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { arrangeHeads, type ArrangeHeadsVariant } from './arrange-heads.ts';
import { arrangeHeadsReference } from './reference.ts';

const POSITION = 5;

function arrangeHeadsCase(variant: ArrangeHeadsVariant, count: number): KernelCase {
  const { heads, times = 1, from, to, activation = 'none', overSum = false, one = false, pool = 1, rotary = false } = variant;
  return {
    name: `arrange-heads T=${count} ${heads} of ${from.dim} to ${heads * times} of ${to.dim} ${activation}${overSum ? ' over sum' : ''}${one ? ' one' : ''}${pool > 1 ? ` pool ${pool}` : ''}${rotary ? ' rotary' : ''}`,
    kernels: () => [arrangeHeads(variant)],
    step: { count, position: POSITION, slotIn: 0, slotOut: 1 },
    // Elements that add up to something, where they are to be divided by that.
    inputs: () => ({ x: normal(count * from.stride, 1), ...(rotary && { rotary: normal((POSITION + count) * from.dim, 2) }) }),
    outputs: { out: { type: 'f32', length: count * to.stride } },
    expected: ({ x, rotary: turns }) => ({ out: arrangeHeadsReference(variant, x, count, { turns, position: POSITION }) }),
    tolerance: activation === 'none' && !overSum && !rotary && pool === 1 ? 0 : 2e-6,
  };
}

export const arrangeHeadsCases: readonly KernelCase[] = [
  arrangeHeadsCase({ heads: 5, from: { dim: 27, column: 3, stride: 144 }, to: { dim: 28, column: 8, stride: 160 } }, 3),
  arrangeHeadsCase({ heads: 3, from: { dim: 8, column: 0, stride: 24 }, to: { dim: 6, column: 1, stride: 20 } }, 2),
  arrangeHeadsCase({ heads: 2, times: 3, from: { dim: 10, column: 2, stride: 24 }, to: { dim: 10, column: 1, stride: 64 }, activation: 'silu', rotary: true }, 3),
  arrangeHeadsCase({ heads: 3, from: { dim: 33, column: 1, stride: 100 }, to: { dim: 36, column: 4, stride: 112 }, activation: 'elu-plus-one', overSum: true }, 3),
  arrangeHeadsCase({ heads: 2, times: 2, from: { dim: 8, column: 3, stride: 20 }, to: { dim: 12, column: 4, stride: 52 }, one: true }, 2),
  arrangeHeadsCase({ heads: 3, times: 2, from: { dim: 9, column: 2, stride: 32 }, to: { dim: 3, column: 1, stride: 20 }, pool: 3 }, 2),
  arrangeHeadsCase({ heads: 1, times: 2, from: { dim: 7, column: 0, stride: 8 }, to: { dim: 7, column: 0, stride: 16 }, activation: 'relu' }, 1),
];
