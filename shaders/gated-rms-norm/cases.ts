import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { gatedRmsNorm, type GatedRmsNormVariant } from './gated-rms-norm.ts';
import { gatedRmsNormReference } from './reference.ts';

interface Options extends Partial<Pick<GatedRmsNormVariant, 'activation' | 'order'>> {
  readonly norm?: 'shared' | 'per-head' | 'none';
  readonly centred?: boolean;
  readonly gateScale?: number;
}

function gatedRmsNormCase(count: number, heads: number, headDim: number, gateOffset: number, { activation = 'silu', order = 'norm-first', norm = 'shared', centred = false, gateScale = 1 }: Options = {}): KernelCase {
  const variant: GatedRmsNormVariant = {
    heads,
    headDim,
    ...(norm !== 'none' && { norm: { eps: 1e-6, perHead: norm === 'per-head', centred } }),
    activation,
    order,
    gateStride: roundUp(gateOffset + heads * headDim, 4),
    gateOffset,
  };
  const length = count * roundUp(heads * headDim, 4);
  return {
    name: `gated-rms-norm T=${count} heads=${heads}x${headDim} offset=${gateOffset} ${activation} ${order} norm=${norm}${centred ? ' centred' : ''}${gateScale === 1 ? '' : ` gates×${gateScale}`}`,
    kernels: (target) => [gatedRmsNorm(variant, target)],
    step: { count, position: 0, slotIn: 0, slotOut: 1 },
    inputs: () => ({ x: normal(length, 1, 0.1), z: normal(count * variant.gateStride, 2, gateScale), weight: normal(norm === 'per-head' ? heads * headDim : headDim, 3) }),
    outputs: { out: { type: 'f32', length } },
    expected: ({ x, z, weight }) => ({ out: gatedRmsNormReference(variant, x, z, weight) }),
    tolerance: 2e-6,
  };
}

export const gatedRmsNormCases: readonly KernelCase[] = [
  gatedRmsNormCase(1, 1, 1, 0),
  gatedRmsNormCase(1, 16, 128, 0),
  gatedRmsNormCase(3, 3, 63, 0),
  gatedRmsNormCase(63, 5, 100, 40),
  gatedRmsNormCase(2, 2, 513, 3),
  gatedRmsNormCase(3, 5, 50, 7, { order: 'gate-first', norm: 'per-head' }),
  gatedRmsNormCase(2, 1, 1030, 0, { order: 'gate-first' }),
  gatedRmsNormCase(3, 3, 24, 0, { activation: 'sigmoid', norm: 'per-head' }),
  gatedRmsNormCase(3, 3, 50, 7, { activation: 'sigmoid', norm: 'per-head', centred: true }),
  gatedRmsNormCase(2, 2, 36, 5, { norm: 'none' }),
  gatedRmsNormCase(3, 3, 50, 7, { activation: 'none' }),
  // silu of ±200 must neither overflow nor become NaN.
  gatedRmsNormCase(5, 4, 24, 0, { gateScale: 100 }),
];
