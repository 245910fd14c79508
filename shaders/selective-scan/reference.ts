import { STATE_SLOTS, type Step } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import { stateLength, type SelectiveScanVariant } from './variant.ts';

/** Tensors as the kernels bind them. */
export interface SelectiveScanTensors {
  /** [T, channels], rows padded to a multiple of four, as `dt`. */
  readonly x: ArrayLike<number>;
  readonly dt: ArrayLike<number>;
  /** [T, mixStride] */
  readonly mix: ArrayLike<number>;
  /** [A: channels · stateSize | D: channels | norms: 2 · stateSize] */
  readonly parameters: ArrayLike<number>;
  /** [T, gate.stride] */
  readonly z?: ArrayLike<number> | undefined;
  /** [STATE_SLOTS, stateSize, channels] */
  readonly state: ArrayLike<number>;
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Float64 selective scan, token by token: out [T, channels] with NaN in the padding, and all slots of the state afterwards. */
export function selectiveScanReference(variant: SelectiveScanVariant, tensors: SelectiveScanTensors, { count, slotIn, slotOut }: Step): { out: Float64Array; state: Float64Array } {
  const { channels, stateSize, mixStride, mixOffset, gate, norm } = variant;
  const { x, dt, mix, parameters, z } = tensors;
  const slot = stateLength(variant);
  if (tensors.state.length !== STATE_SLOTS * slot) throw new RangeError('state has the wrong length');
  const stride = roundUp(channels, 4);
  const states = Float64Array.from(tensors.state);
  const h = states.slice(slotIn * slot, (slotIn + 1) * slot); // [stateSize, channels]
  const out = new Float64Array(count * stride).fill(NaN);
  for (let t = 0; t < count; t++) {
    const [b, c] = [0, 1].map((part) => {
      const values = Array.from({ length: stateSize }, (_, n) => mix[t * mixStride + mixOffset + part * stateSize + n]);
      if (!norm) return values;
      const inverse = 1 / Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / stateSize + norm.eps);
      return values.map((value, n) => value * inverse * parameters[(stateSize + 1) * channels + part * stateSize + n]);
    });
    for (let channel = 0; channel < channels; channel++) {
      const value = x[t * stride + channel];
      const delta = softplus(dt[t * stride + channel]);
      let sum = parameters[stateSize * channels + channel] * value;
      for (let n = 0; n < stateSize; n++) {
        const at = n * channels + channel;
        h[at] = Math.exp(parameters[channel * stateSize + n] * delta) * h[at] + delta * b[n] * value;
        sum += c[n] * h[at];
      }
      const raw = gate && z ? z[t * gate.stride + gate.offset + channel] : undefined;
      out[t * stride + channel] = raw === undefined ? sum : (sum * raw) / (1 + Math.exp(-raw));
    }
  }
  states.set(h, slotOut * slot);
  return { out, state: states };
}
