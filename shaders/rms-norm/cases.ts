import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { rmsNormReference } from './reference.ts';
import { rmsNorm } from './rms-norm.ts';

const EPS = 1e-6;

function rmsNormCase(count: number, width: number, { accumulate = false, stride = roundUp(width, 4) } = {}): KernelCase {
  const length = count * roundUp(width, 4);
  return {
    name: `rms-norm T=${count} width=${width}${stride === roundUp(width, 4) ? '' : ` of ${stride}`}${accumulate ? ' added' : ''}`,
    kernels: () => [rmsNorm({ width, stride, eps: EPS, accumulate })],
    step: { count, position: 0, slotIn: 0, slotOut: 1 },
    inputs: () => ({ x: normal(count * stride, 1), weight: normal(width, 2), ...(accumulate ? { out: normal(length, 3) } : {}) }),
    ...(accumulate ? {} : { outputs: { out: { type: 'f32', length } } }),
    expected: ({ x, weight, out }) => ({ out: rmsNormReference(x, weight, { width, stride, eps: EPS }, out) }),
    tolerance: 1e-6,
  };
}

export const rmsNormCases: readonly KernelCase[] = [rmsNormCase(1, 1), rmsNormCase(3, 63), rmsNormCase(7, 100), rmsNormCase(2, 513), rmsNormCase(3, 101, { accumulate: true, stride: 120 })];
