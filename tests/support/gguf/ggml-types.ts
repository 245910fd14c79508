/** A type of tensor elements in ggml: how many elements a block of how many bytes holds. */
export interface GgmlType {
  /** The number that stands for it in a file. */
  readonly id: number;
  readonly elements: number;
  readonly bytes: number;
}

/** Numbers from `enum ggml_type` in ggml.h, sizes from the static assertions on `block_*` in ggml-common.h. */
export const GGML_TYPES = {
  F32: { id: 0, elements: 1, bytes: 4 },
  F16: { id: 1, elements: 1, bytes: 2 },
  BF16: { id: 30, elements: 1, bytes: 2 },
  Q4_0: { id: 2, elements: 32, bytes: 18 },
  Q4_1: { id: 3, elements: 32, bytes: 20 },
  Q5_0: { id: 6, elements: 32, bytes: 22 },
  Q5_1: { id: 7, elements: 32, bytes: 24 },
  Q8_0: { id: 8, elements: 32, bytes: 34 },
  Q2_K: { id: 10, elements: 256, bytes: 84 },
  Q3_K: { id: 11, elements: 256, bytes: 110 },
  Q4_K: { id: 12, elements: 256, bytes: 144 },
  Q5_K: { id: 13, elements: 256, bytes: 176 },
  Q6_K: { id: 14, elements: 256, bytes: 210 },
  IQ4_NL: { id: 20, elements: 32, bytes: 18 },
  IQ4_XS: { id: 23, elements: 256, bytes: 136 },
  MXFP4: { id: 39, elements: 32, bytes: 17 },
  NVFP4: { id: 40, elements: 64, bytes: 36 },
} as const satisfies Record<string, GgmlType>;

export type GgmlTypeName = keyof typeof GGML_TYPES;

export const GGML_TYPE_NAMES = Object.keys(GGML_TYPES) as GgmlTypeName[];

/** Bytes that so many elements take; they have to be whole blocks. */
export function ggmlBytes(type: GgmlTypeName, elements: number): number {
  const block = GGML_TYPES[type];
  if (elements % block.elements !== 0) throw new Error(`${elements} elements are no whole blocks of ${type}`);
  return (elements / block.elements) * block.bytes;
}
