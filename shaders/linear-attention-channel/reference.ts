import { STATE_SLOTS, type Step } from '../common/step.ts';
import { stateLength } from '../linear-attention/variant.ts';
import type { ChannelVariant } from './variant.ts';

/** What a gating makes of a token: one row of keyDim for each of q, k̃, e^g, p and b, before the L2 norms and the scale of q and k. */
export interface OperandRows {
  readonly q: Float64Array;
  readonly k: Float64Array;
  readonly alpha: Float64Array;
  readonly p: Float64Array;
  readonly b: Float64Array;
  /** Of v in what is added to the state. */
  readonly beta: number;
}

/** Float64 gates of a token and value head, from q and k as they are to be used. */
export type ReferenceGates = (token: number, valueHead: number, keyHead: number, q: Float64Array, k: Float64Array) => OperandRows;

const normalise = (row: Float64Array): Float64Array => {
  const inverse = 1 / Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) + 1e-6);
  return row.map((value) => value * inverse);
};

/**
 * Float64 recurrence, token by token, as linear-attention.md writes it: S ← diag(α) S + b (pᵀS) + k̃ vᵀ, o = Sᵀq.
 * mixed [T, mixedStride], state [STATE_SLOTS, valueHeads, valueDim, keyDim]; gives out [T, valueHeads · valueDim] and all slots of the state afterwards.
 */
export function channelReference(variant: ChannelVariant, { mixed, state }: { mixed: ArrayLike<number>; state: ArrayLike<number> }, gates: ReferenceGates, { count, slotIn, slotOut }: Step): { out: Float64Array; state: Float64Array } {
  const { keyHeads, valueHeads, keyDim, valueDim, mixedStride, columns } = variant;
  const slot = stateLength(variant);
  if (state.length !== STATE_SLOTS * slot) throw new RangeError('state has the wrong length');
  const states = Float64Array.from(state);
  const out = new Float64Array(count * valueHeads * valueDim);
  for (let h = 0; h < valueHeads; h++) {
    const keyHead = Math.floor(h / (valueHeads / keyHeads));
    const head = h * valueDim * keyDim;
    const s = states.slice(slotIn * slot + head, slotIn * slot + head + valueDim * keyDim); // [valueDim, keyDim]
    for (let t = 0; t < count; t++) {
      const row = (column: number): Float64Array => {
        const values = Float64Array.from({ length: keyDim }, (_, d) => mixed[t * mixedStride + column + keyHead * keyDim + d]);
        return variant.normalised ? normalise(values) : values;
      };
      const query = row(columns.q).map((value) => value * variant.scale);
      const { q, k, alpha, p, b, beta } = gates(t, h, keyHead, query, row(columns.k));
      for (let c = 0; c < valueDim; c++) {
        const column = s.subarray(c * keyDim, (c + 1) * keyDim);
        const v = beta * mixed[t * mixedStride + columns.v + h * valueDim + c];
        let probed = 0;
        for (let d = 0; d < keyDim; d++) probed += p[d] * column[d];
        let read = 0;
        for (let d = 0; d < keyDim; d++) {
          column[d] = alpha[d] * column[d] + b[d] * probed + k[d] * v;
          read += column[d] * q[d];
        }
        out[(t * valueHeads + h) * valueDim + c] = read;
      }
    }
    states.set(s, slotOut * slot + head);
  }
  return { out, state: states };
}
