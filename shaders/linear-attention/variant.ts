import { bool, ceilDiv, roundUp, u32, f32, type Constant } from '../kernel.ts';
import { isDelta, type GatingVariant } from './gating.ts';

/** Sizes of a mixer with a state [keyDim, valueDim] for each value head, and where its q, k and v lie. */
export interface MixerShape {
  /** Heads of q and k; value head h reads key head ⌊h / (valueHeads / keyHeads)⌋. */
  readonly keyHeads: number;
  readonly valueHeads: number;
  /** Elements of a key, dk; a multiple of 4. */
  readonly keyDim: number;
  /** Elements of a value, dv; a multiple of 4. */
  readonly valueDim: number;
  /** Row length of the tensor that holds q, k and v; a multiple of 4. */
  readonly mixedStride: number;
  /** First columns in it of q and k, keyHeads · keyDim each, and of v, valueHeads · valueDim; multiples of 4. */
  readonly columns: { readonly q: number; readonly k: number; readonly v: number };
  /** q and k are divided by their length. */
  readonly normalised: boolean;
  /** Factor of q. */
  readonly scale: number;
}

/** A mixer whose gates are one number a head. */
export interface LinearAttentionVariant extends MixerShape {
  readonly gating: GatingVariant;
}

/** Tokens of a chunk of the prefill. The chunk kernel is laid out for 32: 8 invocations a row, two blocks of 16 to invert. */
export const CHUNK = 32;

/** Added to the sum of squares when q and k are normalised (fla's `l2norm`, transformers' `modeling_qwen3_next.py`). */
const L2_EPS = 1e-6;

/** Elements of one slot of the recurrent state: [valueHeads, valueDim, keyDim], the transpose of S, so that a column of S is contiguous. */
export const stateLength = ({ valueHeads, keyDim, valueDim }: MixerShape): number => valueHeads * valueDim * keyDim;

/** Lengths in f32 of the buffers between the chunk kernel and the scan, by binding name, for steps of up to `capacity` tokens. */
export function scratchLengths({ valueHeads, gating }: LinearAttentionVariant, capacity: number): Readonly<Record<string, number>> {
  const rows = roundUp(capacity, CHUNK) * valueHeads;
  return { attention: rows * CHUNK, row_scales: rows * 4, ...(isDelta(gating) && { transform: rows * CHUNK }) };
}

export const chunksOf = (count: number): number => ceilDiv(count, CHUNK);

/** Part of the kernels' labels. */
export const variantLabel = ({ keyHeads, valueHeads, keyDim, valueDim, gating }: LinearAttentionVariant): string => `${gating.kind}/${keyHeads}x${keyDim}+${valueHeads}x${valueDim}`;

/** Constants that the kernels share. Throws `RangeError` for sizes that they cannot take. */
export function variantConstants(shape: MixerShape): Record<string, Constant> {
  const { keyHeads, valueHeads, keyDim, valueDim, mixedStride, columns, normalised, scale } = shape;
  if (keyDim % 4 || valueDim % 4) throw new RangeError(`linearAttention needs head dimensions that are multiples of 4, got ${keyDim} and ${valueDim}`);
  if (valueHeads % keyHeads) throw new RangeError(`linearAttention: ${valueHeads} value heads are no multiple of ${keyHeads} key heads`);
  for (const [first, width] of [[columns.q, keyHeads * keyDim], [columns.k, keyHeads * keyDim], [columns.v, valueHeads * valueDim]]) {
    if (first % 4 || first + width > mixedStride) throw new RangeError(`linearAttention: columns ${first}+${width} do not begin at a multiple of 4 or exceed rows of ${mixedStride}`);
  }
  return {
    KEY_HEADS: u32(keyHeads),
    VALUE_HEADS: u32(valueHeads),
    KEY_DIM: u32(keyDim),
    VALUE_DIM: u32(valueDim),
    KEY_VECS: u32(keyDim / 4),
    VALUE_VECS: u32(valueDim / 4),
    MIXED_VECS: u32(mixedStride / 4),
    Q_VEC: u32(columns.q / 4),
    K_VEC: u32(columns.k / 4),
    V_VEC: u32(columns.v / 4),
    NORMALISED: bool(normalised),
    L2_EPS: f32(L2_EPS),
    Q_SCALE: f32(scale),
  };
}
