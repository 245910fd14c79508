import sigmoidSource from '../common/sigmoid.wgsl?raw';
import stepSource from '../common/step.wgsl?raw';
import { assemble, bool, ceilDiv, roundUp, u32, type Kernel } from '../kernel.ts';
import biasSource from './bias.wgsl?raw';
import inputGated from './input-gated.wgsl?raw';
import inputPlain from './input-plain.wgsl?raw';
import noBiasSource from './no-bias.wgsl?raw';
import source from './short-conv.wgsl?raw';

export interface ShortConvVariant {
  readonly channels: number;
  /** Taps of the filter, K ≥ 2. */
  readonly kernelSize: number;
  /** Row length of the input; it may be a wider tensor than the convolved columns. */
  readonly inputStride: number;
  /** First convolved column of the input. */
  readonly inputOffset: number;
  readonly activation: 'silu' | 'none';
  readonly bias: boolean;
  /** The columns are [B | C | x], `channels` each: B ⊙ x is convolved, and the result multiplied by C. */
  readonly gated: boolean;
}

const WORKGROUP = 64;

/**
 * Causal depthwise convolution over time with the last K − 1 inputs as state (`conv1d` of Mamba and Gated DeltaNet; gated that of LFM2,
 * https://github.com/huggingface/transformers/blob/main/src/transformers/models/lfm2/modeling_lfm2.py, `Lfm2ShortConv`).
 * x [T, inputStride], weight [channels, K], bias [channels] where the variant has one, state [STATE_SLOTS, K − 1, channels]
 * oldest input first, out [T, roundUp(channels, 4)] whose padding is not written. Any T ≥ 1, also T < K − 1.
 */
export function shortConv({ channels, kernelSize, inputStride, inputOffset, activation, bias, gated }: ShortConvVariant): Kernel {
  if (kernelSize < 2) throw new RangeError(`shortConv needs kernelSize ≥ 2, got ${kernelSize}`);
  const columns = gated ? 3 * channels : channels;
  if (inputOffset + columns > inputStride) throw new RangeError(`shortConv: columns ${inputOffset}+${columns} exceed rows of ${inputStride}`);
  return {
    label: `short-conv/${channels}x${kernelSize}/${inputOffset}of${inputStride}/${activation}${bias ? '/bias' : ''}${gated ? '/gated' : ''}`,
    features: [],
    code: assemble({
      constants: {
        CHANNELS: u32(channels),
        KERNEL: u32(kernelSize),
        INPUT_STRIDE: u32(inputStride),
        INPUT_OFFSET: u32(inputOffset),
        OUT_STRIDE: u32(roundUp(channels, 4)),
        SILU: bool(activation === 'silu'),
        WORKGROUP: u32(WORKGROUP),
      },
      snippets: [stepSource, sigmoidSource, bias ? biasSource : noBiasSource, gated ? inputGated : inputPlain],
      source,
    }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'weight', type: 'read' },
      { name: 'state', type: 'write' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
      ...(bias ? [{ name: 'bias', type: 'read' } as const] : []),
    ],
    workgroups: ({ count }) => [ceilDiv(channels, WORKGROUP), count, 1],
  };
}
