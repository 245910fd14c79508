import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { differentialHeads, parametersLength, type DifferentialVariant } from './differential-heads.ts';
import { differentialHeadsReference } from './reference.ts';

function differentialCase(count: number, sizes: Pick<DifferentialVariant, 'pairs' | 'group' | 'width' | 'lambdaDim'>): KernelCase {
  const variant: DifferentialVariant = { ...sizes, lambdaInit: 0.35, eps: 1e-5 };
  const { pairs, group, width, lambdaDim } = variant;
  return {
    name: `differential-heads T=${count} ${pairs}x${width} group=${group} lambda=${lambdaDim}`,
    kernels: () => [differentialHeads(variant)],
    step: { count, position: 5, slotIn: 0, slotOut: 1 },
    inputs: () => ({ x: normal(count * 2 * pairs * width, 1), parameters: normal(parametersLength(variant), 2, 0.3) }),
    outputs: { out: { type: 'f32', length: count * pairs * width } },
    expected: ({ x, parameters }) => ({ out: differentialHeadsReference(variant, x, parameters) }),
    tolerance: 1e-6,
  };
}

export const differentialHeadsCases: readonly KernelCase[] = [
  differentialCase(1, { pairs: 20, group: 2, width: 128, lambdaDim: 64 }),
  differentialCase(3, { pairs: 3, group: 3, width: 20, lambdaDim: 7 }),
  differentialCase(2, { pairs: 6, group: 1, width: 100, lambdaDim: 65 }),
];
