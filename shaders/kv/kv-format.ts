import type { Constant } from '../kernel.ts';

/**
 * How keys and values are stored. f16 needs no `shader-f16`: halves are packed in words and widened when read. int8 and int4 are codes
 * with a scale and a zero for each 32 elements of a row, which is quantised when it is written: 9 and 5 bits an element.
 */
export type KvFormat = 'f32' | 'f16' | 'int8' | 'int4';

export const KV_FORMATS: readonly KvFormat[] = ['f32', 'f16', 'int8', 'int4'];

/**
 * A KV cache format. The kernel declares `keys` and `values` as `array<KvWord>` of [kvHeads, capacity] rows; only the snippets know what
 * a word means.
 */
export interface KvLayout {
  readonly key: KvFormat;
  /** WGSL type behind the alias `KvWord`. */
  readonly word: string;
  readonly constants: Readonly<Record<string, Constant>>;
  /** Define `load_key(row, quad) -> vec4f`, of elements 4·quad … 4·quad + 3, and `load_value`. */
  readonly read: readonly string[];
  /** Define `store_key(row, quad, vec4f)` and `store_value`, which a workgroup that holds exactly one row calls together. */
  readonly write: readonly string[];
  /** Bytes of one row of `headDim` elements. */
  readonly rowBytes: (headDim: number) => number;
}

/** Bytes of the keys (the values take as many) of one layer's cache [kvHeads, capacity, headDim]. */
export const kvCacheBytes = ({ rowBytes }: KvLayout, kvHeads: number, capacity: number, headDim: number): number => kvHeads * capacity * rowBytes(headDim);
