import { STATE_SLOTS, type Step } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import type { ShortConvVariant } from './short-conv.ts';

export interface ShortConvTensors {
  /** [T, inputStride] */
  readonly x: ArrayLike<number>;
  /** [channels, K] */
  readonly weight: ArrayLike<number>;
  /** [channels] */
  readonly bias?: ArrayLike<number> | undefined;
  /** [STATE_SLOTS, K − 1, channels] */
  readonly state: ArrayLike<number>;
}

/** Float64 causal depthwise convolution: out [T, roundUp(channels, 4)] with NaN in the padding, and all slots of the state afterwards. */
export function shortConvReference(variant: ShortConvVariant, tensors: ShortConvTensors, { count, slotIn, slotOut }: Step): { out: Float64Array; state: Float64Array } {
  const { channels, kernelSize, inputStride, inputOffset, activation, gated } = variant;
  const history = kernelSize - 1;
  const slot = history * channels;
  if (tensors.state.length !== STATE_SLOTS * slot) throw new RangeError('state has the wrong length');
  const stride = roundUp(channels, 4);
  const out = new Float64Array(count * stride).fill(NaN);
  const state = Float64Array.from(tensors.state);
  for (let c = 0; c < channels; c++) {
    const inputs: number[] = [];
    for (let j = 0; j < history; j++) inputs.push(tensors.state[slotIn * slot + j * channels + c]);
    const column = (t: number, part: number): number => tensors.x[t * inputStride + inputOffset + part * channels + c];
    for (let t = 0; t < count; t++) inputs.push(gated ? column(t, 0) * column(t, 2) : column(t, 0));
    for (let t = 0; t < count; t++) {
      let sum = tensors.bias?.[c] ?? 0;
      for (let j = 0; j < kernelSize; j++) sum += tensors.weight[c * kernelSize + j] * inputs[t + j];
      const activated = activation === 'silu' ? sum / (1 + Math.exp(-sum)) : sum;
      out[t * stride + c] = gated ? activated * column(t, 1) : activated;
    }
    for (let j = 0; j < history; j++) state[slotOut * slot + j * channels + c] = inputs[count + j];
  }
  return { out, state };
}
