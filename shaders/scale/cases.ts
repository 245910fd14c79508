import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { scaleReference } from './reference.ts';
import { scale } from './scale.ts';

function scaleCase(count: number, width: number, factor: number): KernelCase {
  const length = count * roundUp(width, 4);
  return {
    name: `scale T=${count} width=${width}`,
    kernels: () => [scale({ width, factor })],
    step: { count, position: 0, slotIn: 0, slotOut: 1 },
    inputs: () => ({ x: normal(length, 1) }),
    outputs: { out: { type: 'f32', length } },
    expected: ({ x }) => ({ out: scaleReference(x, width, factor) }),
    tolerance: 1e-7,
  };
}

export const scaleCases: readonly KernelCase[] = [scaleCase(3, 513, -0.22)];
