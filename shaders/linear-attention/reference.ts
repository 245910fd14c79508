import { STATE_SLOTS, type Step } from '../common/step.ts';
import { mixedWidth, stateLength, type LinearAttentionVariant } from './variant.ts';

export interface LinearAttentionTensors {
  /** [T, mixedWidth] */
  readonly mixed: ArrayLike<number>;
  /** [T, gatesStride] */
  readonly gates: ArrayLike<number>;
  /** [2, valueHeads] */
  readonly gate_params: ArrayLike<number>;
  /** [STATE_SLOTS, valueHeads, valueDim, keyDim] */
  readonly state: ArrayLike<number>;
}

function normalised(x: ArrayLike<number>, start: number, length: number): Float64Array {
  const row = Float64Array.from({ length }, (_, i) => x[start + i]);
  const inverse = 1 / Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) + 1e-6);
  return row.map((value) => value * inverse);
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** Float64 gated delta rule, token by token: out [T, valueHeads · valueDim] and all slots of the state afterwards. */
export function linearAttentionReference(variant: LinearAttentionVariant, tensors: LinearAttentionTensors, { count, slotIn, slotOut }: Step): { out: Float64Array; state: Float64Array } {
  const { keyHeads, valueHeads, keyDim, valueDim, gatesStride, gatesOffset } = variant;
  const { mixed, gates, gate_params: params } = tensors;
  const slot = stateLength(variant);
  const stride = mixedWidth(variant);
  if (tensors.state.length !== STATE_SLOTS * slot) throw new RangeError('state has the wrong length');
  const states = Float64Array.from(tensors.state);
  const out = new Float64Array(count * valueHeads * valueDim);
  for (let h = 0; h < valueHeads; h++) {
    const keyHead = Math.floor(h / (valueHeads / keyHeads));
    const head = h * valueDim * keyDim;
    const s = states.slice(slotIn * slot + head, slotIn * slot + head + valueDim * keyDim); // [valueDim, keyDim]
    for (let t = 0; t < count; t++) {
      const q = normalised(mixed, t * stride + keyHead * keyDim, keyDim).map((value) => value / Math.sqrt(keyDim));
      const k = normalised(mixed, t * stride + (keyHeads + keyHead) * keyDim, keyDim);
      const gate = t * gatesStride + gatesOffset + h;
      const beta = 1 / (1 + Math.exp(-gates[gate]));
      const alpha = Math.exp(params[h] * softplus(gates[gate + valueHeads] + params[valueHeads + h]));
      for (let c = 0; c < valueDim; c++) {
        const column = s.subarray(c * keyDim, (c + 1) * keyDim);
        let stored = 0;
        for (let d = 0; d < keyDim; d++) stored += alpha * column[d] * k[d];
        const delta = beta * (mixed[t * stride + 2 * keyHeads * keyDim + h * valueDim + c] - stored);
        let read = 0;
        for (let d = 0; d < keyDim; d++) {
          column[d] = alpha * column[d] + k[d] * delta;
          read += column[d] * q[d];
        }
        out[(t * valueHeads + h) * valueDim + c] = read;
      }
    }
    states.set(s, slotOut * slot + head);
  }
  return { out, state: states };
}
