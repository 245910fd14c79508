import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal, uniform } from '../random.ts';
import { interpolate, type InterpolateVariant } from './interpolate.ts';
import { interpolateReference } from './reference.ts';

function interpolateCase(count: number, variant: InterpolateVariant): KernelCase {
  const { width, towards, by, within } = variant;
  const kernel = interpolate(variant);
  const length = count * (within?.stride ?? roundUp(width, 4));
  return {
    name: `${kernel.label} T=${count}`,
    kernels: () => [kernel],
    step: { count, position: 0, slotIn: 0, slotOut: 1 },
    inputs: () => ({
      [within ? 'out' : 'x']: normal(length, 1),
      towards: normal(count * towards.stride, 2),
      ...(by.kind === 'weights' ? { weights: Float32Array.from({ length: by.first + width }, uniform(3)) } : { logits: normal(count * roundUp(width, 4), 3, 4) }),
    }),
    ...(within ? {} : { outputs: { out: { type: 'f32', length } } }),
    expected: ({ x, out, towards: target, weights, logits }) => ({ out: interpolateReference(variant, { x: x ?? out, towards: target, by: weights ?? logits, out: out ?? new Float64Array(length).fill(NaN) }) }),
    tolerance: 1e-6,
  };
}

export const interpolateCases: readonly KernelCase[] = [
  interpolateCase(3, { width: 131, towards: { stride: 132, column: 0 }, by: { kind: 'weights', first: 262 } }),
  interpolateCase(2, { width: 63, towards: { stride: 200, column: 131 }, by: { kind: 'sigmoid' }, within: { stride: 192, column: 126 } }),
];
