import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { layerNorm } from './layer-norm.ts';
import { layerNormReference } from './reference.ts';

const EPS = 1e-5;

function layerNormCase(count: number, width: number, offset = 0): KernelCase {
  const stride = roundUp(width, 4);
  const length = count * stride;
  return {
    name: `layer-norm T=${count} width=${width}${offset ? ` mean=${offset}` : ''}`,
    kernels: () => [layerNorm({ width, eps: EPS })],
    step: { count, position: 0, slotIn: 0, slotOut: 1 },
    inputs: () => {
      const x = normal(length, 1).map((value, i) => (i % stride < width ? value + offset : NaN));
      return { x, weight: normal(width, 2), bias: normal(width, 3) };
    },
    outputs: { out: { type: 'f32', length } },
    expected: ({ x, weight, bias }) => ({ out: layerNormReference(x, weight, bias, width, EPS) }),
    // Subtracting a mean of 100 loses the digits that x itself has lost to it.
    tolerance: offset ? 2e-5 : 1e-6,
  };
}

export const layerNormCases: readonly KernelCase[] = [layerNormCase(1, 1), layerNormCase(3, 63), layerNormCase(7, 100), layerNormCase(2, 513), layerNormCase(2, 100, 100)];
