import readF16 from './read-f16.wgsl?raw';
import readF32 from './read-f32.wgsl?raw';
import writeF16 from './write-f16.wgsl?raw';
import writeF32 from './write-f32.wgsl?raw';

/** How keys and values are stored. f16 needs no `shader-f16`: halves are packed in words and widened when read. */
export type KvFormat = 'f32' | 'f16';

/**
 * A KV cache format. The kernel declares `keys` and `values` as `array<KvWord>`; only the snippets know what a word means,
 * so a format with scales keeps them in the same buffer, beside the row they belong to.
 */
export interface KvLayout {
  /** WGSL type behind the alias `KvWord`. */
  readonly word: string;
  /** Defines `load_key(index4) -> vec4f` and `load_value`. */
  readonly read: string;
  /** Defines `store_key(index4, vec4f)` and `store_value`. */
  readonly write: string;
  /** Bytes of one row of `headDim` elements. */
  readonly rowBytes: (headDim: number) => number;
}

export const kvLayouts: Readonly<Record<KvFormat, KvLayout>> = {
  f32: { word: 'vec4f', read: readF32, write: writeF32, rowBytes: (headDim) => headDim * 4 },
  f16: { word: 'vec2u', read: readF16, write: writeF16, rowBytes: (headDim) => headDim * 2 },
};

/** Bytes of the keys (the values take as many) of one layer's cache [kvHeads, capacity, headDim]. */
export const kvCacheBytes = (format: KvFormat, kvHeads: number, capacity: number, headDim: number): number => kvHeads * capacity * kvLayouts[format].rowBytes(headDim);
