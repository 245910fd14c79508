import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { glu, type GluVariant } from './glu.ts';
import { gluReference } from './reference.ts';

function gluCase(count: number, variant: GluVariant): KernelCase {
  const kernel = glu(variant);
  return {
    name: `${kernel.label} T=${count}`,
    kernels: () => [kernel],
    step: { count, position: 0, slotIn: 0, slotOut: 1 },
    inputs: () => ({ x: normal(count * roundUp(2 * variant.width, 4), 1, 3) }),
    outputs: { out: { type: 'f32', length: count * roundUp(variant.width, 4) } },
    expected: ({ x }) => ({ out: gluReference(variant, x) }),
    tolerance: 2e-6,
  };
}

export const gluCases: readonly KernelCase[] = [gluCase(3, { width: 131, activation: 'gelu' }), gluCase(1, { width: 6, activation: 'silu' })];
