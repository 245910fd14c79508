import { roundUp } from '../../shaders/kernel.ts';
import type { MixerShape } from '../../shaders/linear-attention/variant.ts';
import type { LinearAttention, Tensor } from '../ops/vocabulary.ts';

/** Sizes of a linear-attention operator, as its kernels want to know them. */
export function mixerShape(mixed: Tensor, { state, keyHeads, columns, normalised, scale }: LinearAttention): MixerShape {
  const keys = keyHeads * state.keyDim;
  return {
    keyHeads,
    valueHeads: state.heads,
    keyDim: state.keyDim,
    valueDim: state.valueDim,
    mixedStride: roundUp(mixed.width, 4),
    columns: columns ?? { q: 0, k: keys, v: 2 * keys },
    normalised,
    scale,
  };
}
