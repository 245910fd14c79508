import { STATE_SLOTS } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { normal } from '../random.ts';
import { shortConvReference } from './reference.ts';
import { shortConv, type ShortConvVariant } from './short-conv.ts';

function shortConvCase(count: number, variant: ShortConvVariant): KernelCase {
  const { channels, kernelSize, inputStride, inputOffset, activation, bias, gated } = variant;
  const step = { count, position: 9, slotIn: 2, slotOut: 3 };
  const slot = (kernelSize - 1) * channels;
  return {
    name: `short-conv T=${count} channels=${channels} K=${kernelSize} offset=${inputOffset} ${activation}${bias ? ' bias' : ''}${gated ? ' gated' : ''}`,
    kernels: () => [shortConv(variant)],
    step,
    inputs: () => {
      const state = new Float32Array(STATE_SLOTS * slot).fill(NaN);
      state.set(normal(slot, 3), step.slotIn * slot);
      return {
        x: normal(count * inputStride, 1),
        weight: normal(channels * kernelSize, 2),
        state,
        ...(bias ? { bias: normal(channels, 4) } : {}),
      };
    },
    outputs: { out: { type: 'f32', length: count * roundUp(channels, 4) } },
    expected: ({ x, weight, bias: shift, state }) => ({ ...shortConvReference(variant, { x, weight, bias: shift, state }, step) }),
    tolerance: 2e-6,
  };
}

const plain = (channels: number, kernelSize: number, activation: 'silu' | 'none', bias: boolean): ShortConvVariant => ({
  channels,
  kernelSize,
  inputStride: roundUp(channels, 4),
  inputOffset: 0,
  activation,
  bias,
  gated: false,
});

export const shortConvCases: readonly KernelCase[] = [
  shortConvCase(1, plain(1, 2, 'none', false)),
  shortConvCase(1, plain(63, 4, 'silu', false)),
  shortConvCase(2, plain(100, 4, 'silu', true)),
  shortConvCase(3, plain(64, 4, 'silu', false)),
  shortConvCase(4, plain(513, 3, 'none', true)),
  shortConvCase(2, plain(65, 7, 'silu', false)),
  shortConvCase(100, { channels: 96, kernelSize: 4, inputStride: 160, inputOffset: 0, activation: 'silu', bias: false, gated: false }),
  shortConvCase(63, { channels: 50, kernelSize: 3, inputStride: 152, inputOffset: 101, activation: 'none', bias: false, gated: false }),
  shortConvCase(7, { channels: 50, kernelSize: 3, inputStride: 156, inputOffset: 5, activation: 'none', bias: true, gated: true }),
  shortConvCase(1, { channels: 33, kernelSize: 4, inputStride: 100, inputOffset: 0, activation: 'none', bias: false, gated: true }),
];
