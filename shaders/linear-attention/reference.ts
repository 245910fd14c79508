import { STATE_SLOTS, type Step } from '../common/step.ts';
import { stateLength, type LinearAttentionVariant } from './variant.ts';

export interface LinearAttentionTensors {
  /** [T, mixedStride] */
  readonly mixed: ArrayLike<number>;
  /** [T, gating.stride], where the gating has gates. */
  readonly gates?: ArrayLike<number> | undefined;
  /** [parameters of the gating, valueHeads], where it has some. */
  readonly gate_params?: ArrayLike<number> | undefined;
  /** [STATE_SLOTS, valueHeads, valueDim, keyDim] */
  readonly state: ArrayLike<number>;
}

/** What the gates of one token and head come to. */
interface Gate {
  /** α = e^g: what is left of the state. */
  readonly decay: number;
  /** Of what is written. */
  readonly strength: number;
  /** What the state holds under k is taken from v. */
  readonly delta: boolean;
  /** Of v in the output. */
  readonly skip: number;
}

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

function gateOf({ gating, valueHeads }: LinearAttentionVariant, { gates, gate_params: params = [] }: LinearAttentionTensors, token: number, head: number): Gate {
  if (gating.kind === 'constant') return { decay: Math.exp(params[head]), strength: 1, delta: false, skip: 0 };
  const gate = (column: number): number => (gates && 'stride' in gating ? gates[token * gating.stride + column + head] : NaN);
  if (gating.kind === 'delta') {
    const { parameterHeads = valueHeads } = gating;
    const own = head % parameterHeads;
    const decay = Math.exp(params[own] * softplus(gate(gating.decayColumn) + params[parameterHeads + own]));
    return { decay, strength: gating.betaScale / (1 + Math.exp(-gate(gating.betaColumn))), delta: true, skip: 0 };
  }
  if (gating.kind === 'delta-rule') {
    const { beta, betaScale } = gating;
    return { decay: 1, strength: beta && gates ? betaScale / (1 + Math.exp(-gates[token * beta.stride + beta.column + head])) : betaScale, delta: true, skip: 0 };
  }
  if (gating.kind === 'sigmoid') return { decay: 1 / (1 + Math.exp(-(gates ? gates[token * gating.stride + gating.column] : NaN))), strength: 1, delta: false, skip: 0 };
  const [least, most] = gating.limits;
  const time = Math.min(Math.max(softplus(gate(gating.column) + params[valueHeads + head]), least), most);
  return { decay: Math.exp(params[head] * time), strength: time, delta: false, skip: params[2 * valueHeads + head] };
}

function rowOf(x: ArrayLike<number>, start: number, length: number, normalised: boolean): Float64Array {
  const row = Float64Array.from({ length }, (_, i) => x[start + i]);
  const inverse = normalised ? 1 / Math.sqrt(row.reduce((sum, value) => sum + value * value, 0) + 1e-6) : 1;
  return row.map((value) => value * inverse);
}

/** Float64 recurrence, token by token: out [T, valueHeads · valueDim] and all slots of the state afterwards. */
export function linearAttentionReference(variant: LinearAttentionVariant, tensors: LinearAttentionTensors, { count, slotIn, slotOut }: Step): { out: Float64Array; state: Float64Array } {
  const { keyHeads, valueHeads, keyDim, valueDim, mixedStride, columns, normalised, scale } = variant;
  const { mixed } = tensors;
  const slot = stateLength(variant);
  if (tensors.state.length !== STATE_SLOTS * slot) throw new RangeError('state has the wrong length');
  const states = Float64Array.from(tensors.state);
  const out = new Float64Array(count * valueHeads * valueDim);
  for (let h = 0; h < valueHeads; h++) {
    const keyHead = Math.floor(h / (valueHeads / keyHeads));
    const head = h * valueDim * keyDim;
    const s = states.slice(slotIn * slot + head, slotIn * slot + head + valueDim * keyDim); // [valueDim, keyDim]
    for (let t = 0; t < count; t++) {
      const row = t * mixedStride;
      const q = rowOf(mixed, row + columns.q + keyHead * keyDim, keyDim, normalised);
      const k = rowOf(mixed, row + columns.k + keyHead * keyDim, keyDim, normalised);
      const { decay, strength, delta, skip } = gateOf(variant, tensors, t, h);
      for (let c = 0; c < valueDim; c++) {
        const column = s.subarray(c * keyDim, (c + 1) * keyDim);
        const value = mixed[row + columns.v + h * valueDim + c];
        let stored = 0;
        if (delta) for (let d = 0; d < keyDim; d++) stored += decay * column[d] * k[d];
        const written = strength * (value - stored);
        let read = 0;
        for (let d = 0; d < keyDim; d++) {
          column[d] = decay * column[d] + k[d] * written;
          read += column[d] * q[d];
        }
        out[(t * valueHeads + h) * valueDim + c] = scale * read + skip * value;
      }
    }
    states.set(s, slotOut * slot + head);
  }
  return { out, state: states };
}
