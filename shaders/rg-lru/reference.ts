import { STATE_SLOTS, type Step } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import { widthOf, type RgLruVariant } from './variant.ts';

/** Tensors as the kernels bind them. */
export interface RgLruTensors {
  /** [T, width], rows padded to a multiple of four */
  readonly x: ArrayLike<number>;
  /** [2, heads, headDim, headDim] */
  readonly gate_weights: ArrayLike<number>;
  /** [3, width] */
  readonly parameters: ArrayLike<number>;
  /** [T, gateStride] */
  readonly gate: ArrayLike<number>;
  /** [STATE_SLOTS, width] */
  readonly state: ArrayLike<number>;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const gelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/** Float64 RG-LRU, token by token: out [T, width] with NaN in the padding, and all slots of the state afterwards. */
export function rgLruReference(variant: RgLruVariant, { x, gate_weights, parameters, gate, state }: RgLruTensors, { count, position, slotIn, slotOut }: Step): { out: Float64Array; state: Float64Array } {
  const { headDim, gateStride, gateOffset } = variant;
  const width = widthOf(variant);
  if (state.length !== STATE_SLOTS * width) throw new RangeError('state has the wrong length');
  const stride = roundUp(width, 4);
  const states = Float64Array.from(state);
  const h = states.slice(slotIn * width, (slotIn + 1) * width);
  const out = new Float64Array(count * stride).fill(NaN);
  for (let t = 0; t < count; t++) {
    const first = position + t === 0;
    for (let channel = 0; channel < width; channel++) {
      const head = channel - (channel % headDim);
      const [inputGate, recurrenceGate] = [0, 1].map((kind) => {
        let sum = parameters[kind * width + channel];
        for (let d = 0; d < headDim; d++) sum += x[t * stride + head + d] * gate_weights[(kind * width + head + d) * headDim + (channel - head)];
        return sigmoid(sum);
      });
      const logDecay = parameters[2 * width + channel] * recurrenceGate;
      const drive = x[t * stride + channel] * inputGate;
      h[channel] = first ? drive : Math.exp(logDecay) * h[channel] + Math.sqrt(-Math.expm1(2 * logDecay)) * drive;
      out[t * stride + channel] = h[channel] * gelu(gate[t * gateStride + gateOffset + channel]);
    }
  }
  states.set(h, slotOut * width);
  return { out, state: states };
}
