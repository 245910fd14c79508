import { STATE_SLOTS, type Step } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import { stateLength, type SlotScoresVariant } from './variant.ts';

/** Float64 recurrence, token by token: S ← S diag(α) + k (1 − α)ᵀ, scores Sᵀq. Gives out [T, heads · slots], NaN in the padding of rows, and all slots of the state afterwards. */
export function slotScoresReference(variant: SlotScoresVariant, { mixed, raw_decay, state }: Readonly<Record<string, ArrayLike<number>>>, { count, slotIn, slotOut }: Step): { out: Float64Array; state: Float64Array } {
  const { heads, keyDim, slots, mixedStride, columns, scale, decay, normalizer } = variant;
  const length = stateLength(variant);
  if (state.length !== STATE_SLOTS * length) throw new RangeError('state has the wrong length');
  const states = Float64Array.from(state);
  const stride = roundUp(heads * slots, 4);
  const out = new Float64Array(count * stride).fill(NaN);
  for (let h = 0; h < heads; h++) {
    for (let m = 0; m < slots; m++) {
      const at = (h * slots + m) * keyDim;
      const s = states.slice(slotIn * length + at, slotIn * length + at + keyDim);
      for (let t = 0; t < count; t++) {
        const x = raw_decay[t * decay.stride + decay.column + h * slots + m];
        const g = -(Math.max(-x, 0) + Math.log1p(Math.exp(-Math.abs(x)))) / normalizer;
        let score = 0;
        for (let d = 0; d < keyDim; d++) {
          const row = t * mixedStride + h * keyDim + d;
          s[d] = Math.exp(g) * s[d] - Math.expm1(g) * mixed[row + columns.k];
          score += scale * mixed[row + columns.q] * s[d];
        }
        out[t * stride + h * slots + m] = score;
      }
      states.set(s, slotOut * length + at);
    }
  }
  return { out, state: states };
}
