import { STATE_SLOTS, type Step } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import type { HgrnVariant } from './hgrn.ts';

/** Tensors as the kernels bind them. */
export interface HgrnTensors {
  /** [T, stride] */
  readonly x: ArrayLike<number>;
  /** [layers, width] */
  readonly lower_bounds: ArrayLike<number>;
  /** [STATE_SLOTS, width] */
  readonly state: ArrayLike<number>;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Float64 recurrence, token by token: out [T, width] with NaN in the padding, and all slots of the state afterwards. */
export function hgrnReference({ width, stride, columns, layer }: HgrnVariant, { x, lower_bounds, state }: HgrnTensors, { count, position, slotIn, slotOut }: Step): { out: Float64Array; state: Float64Array } {
  if (state.length !== STATE_SLOTS * width) throw new RangeError('state has the wrong length');
  const states = Float64Array.from(state);
  const h = position === 0 ? new Float64Array(width) : states.slice(slotIn * width, (slotIn + 1) * width);
  const out = new Float64Array(count * roundUp(width, 4)).fill(NaN);
  for (let t = 0; t < count; t++) {
    for (let channel = 0; channel < width; channel++) {
      const bound = lower_bounds[layer * width + channel];
      const kept = bound + (1 - bound) * sigmoid(x[t * stride + columns.forget + channel]);
      const input = x[t * stride + columns.input + channel];
      h[channel] = kept * h[channel] + (1 - kept) * input * sigmoid(input);
      out[t * roundUp(width, 4) + channel] = h[channel];
    }
  }
  states.set(h, slotOut * width);
  return { out, state: states };
}
