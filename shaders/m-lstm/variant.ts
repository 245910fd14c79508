import { ceilDiv, f32, roundUp, u32, type Constant } from '../kernel.ts';

/** Sizes of one mLSTM mixer, as in `xlstm`. */
export interface MLstmVariant {
  readonly heads: number;
  /** Elements of a key, dk; a multiple of 4. */
  readonly keyDim: number;
  /** Elements of a value, dv; a multiple of 4. */
  readonly valueDim: number;
  /** Row length of the tensor whose first columns are [q: heads · keyDim | k: heads · keyDim | v: heads · valueDim]. */
  readonly mixedStride: number;
  /** Row length of the tensor whose first columns are the raw gates [i: heads | f: heads]. */
  readonly gatesStride: number;
  /** Both gates go through cap · tanh(x / cap). */
  readonly gateCap: number;
  /** Added to the divisor of the output. */
  readonly eps: number;
}

/** Tokens of a chunk of the prefill. The chunk kernel is laid out for 32: 8 invocations a row. */
export const CHUNK = 32;

export const chunksOf = (count: number): number => ceilDiv(count, CHUNK);

/** Elements of one slot of the state: per head [Cᵀ: valueDim, keyDim | n: keyDim | m: 1, and 3 that are 0]. */
export const stateLength = ({ heads, keyDim, valueDim }: Pick<MLstmVariant, 'heads' | 'keyDim' | 'valueDim'>): number => heads * ((valueDim + 1) * keyDim + 4);

/** Lengths in f32 of the buffers between the chunk kernel and the scan, by binding name, for steps of up to `capacity` tokens. */
export function scratchLengths({ heads }: MLstmVariant, capacity: number): Readonly<Record<'attention' | 'row_scales', number>> {
  const rows = roundUp(capacity, CHUNK) * heads;
  return { attention: rows * CHUNK, row_scales: rows * 4 };
}

/** Part of the kernels' labels. */
export const variantLabel = ({ heads, keyDim, valueDim }: MLstmVariant): string => `${heads}x${keyDim}x${valueDim}`;

/** Constants that the kernels share. Throws `RangeError` for sizes that they cannot take. */
export function variantConstants({ heads, keyDim, valueDim, mixedStride, gatesStride, gateCap, eps }: MLstmVariant): Record<string, Constant> {
  if (keyDim % 4 || valueDim % 4) throw new RangeError(`mLstm needs head dimensions that are multiples of 4, got ${keyDim} and ${valueDim}`);
  if (heads * (2 * keyDim + valueDim) > mixedStride) throw new RangeError(`mLstm: ${heads * (2 * keyDim + valueDim)} columns exceed rows of ${mixedStride}`);
  if (2 * heads > gatesStride) throw new RangeError(`mLstm: ${2 * heads} gates exceed rows of ${gatesStride}`);
  return {
    HEADS: u32(heads),
    KEY_VECS: u32(keyDim / 4),
    VALUE_DIM: u32(valueDim),
    VALUE_VECS: u32(valueDim / 4),
    MIXED_VECS: u32(mixedStride / 4),
    GATES_STRIDE: u32(gatesStride),
    SOFT_CAP: f32(gateCap),
    Q_SCALE: f32(keyDim ** -0.5),
    EPS: f32(eps),
  };
}
