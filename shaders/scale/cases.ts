import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { scaleReference } from './reference.ts';
import { scale, type ScaleVariant } from './scale.ts';

function scaleCase(count: number, variant: ScaleVariant): KernelCase {
  const { width, accumulate, place } = variant;
  const length = count * roundUp(place?.width ?? width, 4);
  const kernel = scale(variant);
  return {
    name: `${kernel.label} T=${count}`,
    kernels: () => [kernel],
    step: { count, position: 0, slotIn: 0, slotOut: 1 },
    inputs: () => ({ x: normal(count * roundUp(width, 4), 1), ...(accumulate ? { out: normal(length, 2) } : {}) }),
    ...(accumulate ? {} : { outputs: { out: { type: 'f32', length } } }),
    expected: ({ x, out }) => ({ out: scaleReference(variant, x, out ?? new Float64Array(length).fill(NaN)) }),
    tolerance: 1e-7,
  };
}

export const scaleCases: readonly KernelCase[] = [scaleCase(3, { width: 513, factor: -0.22 }), scaleCase(2, { width: 63, factor: 1, accumulate: true }), scaleCase(3, { width: 63, factor: 1, place: { width: 101, offset: 37 } })];
