import { ceilDiv, roundUp, u32, f32, type Constant } from '../kernel.ts';

/** Sizes of one gated-delta-rule mixer, as in `qwen3_5_text`. */
export interface LinearAttentionVariant {
  /** Heads of q and k; value head h reads key head ⌊h / (valueHeads / keyHeads)⌋. */
  readonly keyHeads: number;
  readonly valueHeads: number;
  /** Elements of a key, dk; a multiple of 4. */
  readonly keyDim: number;
  /** Elements of a value, dv; a multiple of 4. */
  readonly valueDim: number;
  /** Row length of the tensor that holds the raw b and a projections. */
  readonly gatesStride: number;
  /** Column of b in it; a follows b. */
  readonly gatesOffset: number;
}

/** Tokens of a chunk of the prefill. The chunk kernel is laid out for 32: 8 invocations a row, two blocks of 16 to invert. */
export const CHUNK = 32;

/** Added to the sum of squares when q and k are normalised (fla's `l2norm`, transformers' `modeling_qwen3_next.py`). */
const L2_EPS = 1e-6;

/** Row length of `mixed`: the columns [q: keyHeads · keyDim | k: keyHeads · keyDim | v: valueHeads · valueDim]. */
export const mixedWidth = ({ keyHeads, valueHeads, keyDim, valueDim }: LinearAttentionVariant): number => 2 * keyHeads * keyDim + valueHeads * valueDim;

/** Elements of one slot of the recurrent state: [valueHeads, valueDim, keyDim], the transpose of S, so that a column of S is contiguous. */
export const stateLength = ({ valueHeads, keyDim, valueDim }: LinearAttentionVariant): number => valueHeads * valueDim * keyDim;

/** Lengths in f32 of the buffers between the chunk kernel and the scan, by binding name, for steps of up to `capacity` tokens. */
export function scratchLengths({ valueHeads }: LinearAttentionVariant, capacity: number): Readonly<Record<'transform' | 'attention' | 'row_scales', number>> {
  const rows = roundUp(capacity, CHUNK) * valueHeads;
  return { transform: rows * CHUNK, attention: rows * CHUNK, row_scales: rows * 4 };
}

export const chunksOf = (count: number): number => ceilDiv(count, CHUNK);

/** Part of the kernels' labels. */
export const variantLabel = ({ keyHeads, valueHeads, keyDim, valueDim }: LinearAttentionVariant): string => `${keyHeads}x${keyDim}+${valueHeads}x${valueDim}`;

/** Constants that the kernels share. Throws `RangeError` for sizes that they cannot take. */
export function variantConstants(variant: LinearAttentionVariant): Record<string, Constant> {
  const { keyHeads, valueHeads, keyDim, valueDim, gatesStride, gatesOffset } = variant;
  if (keyDim % 4 || valueDim % 4) throw new RangeError(`linearAttention needs head dimensions that are multiples of 4, got ${keyDim} and ${valueDim}`);
  if (valueHeads % keyHeads) throw new RangeError(`linearAttention: ${valueHeads} value heads are no multiple of ${keyHeads} key heads`);
  if (gatesOffset + 2 * valueHeads > gatesStride) throw new RangeError(`linearAttention: gates at ${gatesOffset}+${2 * valueHeads} exceed rows of ${gatesStride}`);
  return {
    KEY_HEADS: u32(keyHeads),
    VALUE_HEADS: u32(valueHeads),
    KEY_DIM: u32(keyDim),
    VALUE_DIM: u32(valueDim),
    KEY_VECS: u32(keyDim / 4),
    VALUE_VECS: u32(valueDim / 4),
    MIXED_VECS: u32(mixedWidth(variant) / 4),
    GATES_STRIDE: u32(gatesStride),
    GATES_OFFSET: u32(gatesOffset),
    L2_EPS: f32(L2_EPS),
  };
}
