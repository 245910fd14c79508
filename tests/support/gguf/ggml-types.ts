/** A type of tensor elements in ggml: how many elements a block of how many bytes holds. */
export interface GgmlType {
  /** The number that stands for it in a file. */
  readonly id: number;
  readonly elements: number;
  readonly bytes: number;
}

/** `QK_K`, the elements of a super-block. */
const QK = 256;

/**
 * Numbers from `enum ggml_type` in ggml.h, sizes from the fields of `block_*` in ggml-common.h, where a half takes two bytes. The reader has a
 * table of its own, written apart from this one; `models/gguf/ggml-types.test.ts` compares the two.
 */
export const GGML_TYPES = {
  F32: { id: 0, elements: 1, bytes: 4 },
  F16: { id: 1, elements: 1, bytes: 2 },
  BF16: { id: 30, elements: 1, bytes: 2 },
  Q4_0: { id: 2, elements: 32, bytes: 2 + 16 },
  Q4_1: { id: 3, elements: 32, bytes: 2 + 2 + 16 },
  Q5_0: { id: 6, elements: 32, bytes: 2 + 4 + 16 },
  Q5_1: { id: 7, elements: 32, bytes: 2 + 2 + 4 + 16 },
  Q8_0: { id: 8, elements: 32, bytes: 2 + 32 },
  Q2_K: { id: 10, elements: QK, bytes: QK / 16 + QK / 4 + 2 + 2 },
  Q3_K: { id: 11, elements: QK, bytes: QK / 8 + QK / 4 + 12 + 2 },
  Q4_K: { id: 12, elements: QK, bytes: 2 + 2 + 12 + QK / 2 },
  Q5_K: { id: 13, elements: QK, bytes: 2 + 2 + 12 + QK / 8 + QK / 2 },
  Q6_K: { id: 14, elements: QK, bytes: QK / 2 + QK / 4 + QK / 16 + 2 },
  IQ4_NL: { id: 20, elements: 32, bytes: 2 + 16 },
  IQ4_XS: { id: 23, elements: QK, bytes: 2 + 2 + QK / 64 + QK / 2 },
  MXFP4: { id: 39, elements: 32, bytes: 1 + 16 },
  NVFP4: { id: 40, elements: 64, bytes: 64 / 16 + 64 / 2 },
} as const satisfies Record<string, GgmlType>;

export type GgmlTypeName = keyof typeof GGML_TYPES;

export const GGML_TYPE_NAMES = Object.keys(GGML_TYPES) as GgmlTypeName[];

/** Bytes that so many elements take; they have to be whole blocks. */
export function ggmlBytes(type: GgmlTypeName, elements: number): number {
  const block = GGML_TYPES[type];
  if (elements % block.elements !== 0) throw new Error(`${elements} elements are no whole blocks of ${type}`);
  return (elements / block.elements) * block.bytes;
}
