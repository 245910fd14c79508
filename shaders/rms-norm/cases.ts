import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { rmsNormReference } from './reference.ts';
import { rmsNorm } from './rms-norm.ts';

const EPS = 1e-6;

function rmsNormCase(count: number, width: number): KernelCase {
  const length = count * roundUp(width, 4);
  return {
    name: `rms-norm T=${count} width=${width}`,
    kernels: () => [rmsNorm({ width, eps: EPS })],
    step: { count, position: 0, slotIn: 0, slotOut: 1 },
    inputs: () => ({ x: normal(length, 1), weight: normal(width, 2) }),
    outputs: { out: { type: 'f32', length } },
    expected: ({ x, weight }) => ({ out: rmsNormReference(x, weight, width, EPS) }),
    tolerance: 1e-6,
  };
}

export const rmsNormCases: readonly KernelCase[] = [rmsNormCase(1, 1), rmsNormCase(3, 63), rmsNormCase(7, 100), rmsNormCase(2, 513)];
