import { STATE_SLOTS, type Step } from '../common/step.ts';
import { stateLength, type MLstmVariant } from './variant.ts';

/** Tensors as the kernels bind them. */
export interface MLstmTensors {
  /** [T, mixedStride] */
  readonly mixed: ArrayLike<number>;
  /** [T, gatesStride] */
  readonly gates: ArrayLike<number>;
  /** [STATE_SLOTS, stateLength] */
  readonly state: ArrayLike<number>;
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Float64 mLSTM, token by token: out [T, heads · valueDim] and all slots of the state afterwards. */
export function mLstmReference(variant: MLstmVariant, { mixed, gates, state }: MLstmTensors, { count, slotIn, slotOut }: Step): { out: Float64Array; state: Float64Array } {
  const { heads, keyDim, valueDim, mixedStride, gatesStride, gateCap, eps } = variant;
  const slot = stateLength(variant);
  if (state.length !== STATE_SLOTS * slot) throw new RangeError('state has the wrong length');
  const states = Float64Array.from(state);
  const out = new Float64Array(count * heads * valueDim);
  const capped = (x: number): number => gateCap * Math.tanh(x / gateCap);
  for (let h = 0; h < heads; h++) {
    const size = slot / heads;
    const record = states.slice(slotIn * slot + h * size, slotIn * slot + (h + 1) * size);
    const c = record.subarray(0, valueDim * keyDim); // [valueDim, keyDim]
    const n = record.subarray(valueDim * keyDim, (valueDim + 1) * keyDim);
    let m = record[(valueDim + 1) * keyDim];
    for (let t = 0; t < count; t++) {
      const row = t * mixedStride;
      const q = Array.from({ length: keyDim }, (_, d) => mixed[row + h * keyDim + d] / Math.sqrt(keyDim));
      const k = Array.from({ length: keyDim }, (_, d) => mixed[row + (heads + h) * keyDim + d]);
      const logInput = capped(gates[t * gatesStride + h]);
      const logForget = -softplus(-capped(gates[t * gatesStride + heads + h]));
      const next = Math.max(logForget + m, logInput);
      const [kept, input] = [Math.exp(logForget + m - next), Math.exp(logInput - next)];
      m = next;
      let qn = 0;
      for (let d = 0; d < keyDim; d++) {
        n[d] = kept * n[d] + input * k[d];
        qn += q[d] * n[d];
      }
      const divisor = Math.max(Math.abs(qn), Math.exp(-m)) + eps;
      for (let e = 0; e < valueDim; e++) {
        const value = mixed[row + 2 * heads * keyDim + h * valueDim + e];
        let read = 0;
        for (let d = 0; d < keyDim; d++) {
          c[e * keyDim + d] = kept * c[e * keyDim + d] + input * k[d] * value;
          read += q[d] * c[e * keyDim + d];
        }
        out[(t * heads + h) * valueDim + e] = read / divisor;
      }
    }
    record.set([m, 0, 0, 0], (valueDim + 1) * keyDim);
    states.set(record, slotOut * slot + h * size);
  }
  return { out, state: states };
}
