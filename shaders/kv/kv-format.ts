import { ceilDiv, u32, type Constant } from '../kernel.ts';
import packedRow from './packed-row.wgsl?raw';
import readF16 from './read-f16.wgsl?raw';
import readF32 from './read-f32.wgsl?raw';
import readPacked from './read-packed.wgsl?raw';
import writeF16 from './write-f16.wgsl?raw';
import writeF32 from './write-f32.wgsl?raw';
import writePacked from './write-packed.wgsl?raw';

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

/** Elements of a row that share a scale. */
export const KV_GROUP = 32;

const packed = (codeBits: number): KvLayout => ({
  word: 'u32',
  constants: { CODE_BITS: u32(codeBits) },
  read: [packedRow, readPacked],
  write: [packedRow, writePacked],
  rowBytes: (headDim) => 4 * (ceilDiv(headDim * codeBits, 32) + ceilDiv(headDim, KV_GROUP)),
});

export const kvLayouts: Readonly<Record<KvFormat, KvLayout>> = {
  f32: { word: 'vec4f', constants: {}, read: [readF32], write: [writeF32], rowBytes: (headDim) => headDim * 4 },
  f16: { word: 'vec2u', constants: {}, read: [readF16], write: [writeF16], rowBytes: (headDim) => headDim * 2 },
  int8: packed(8),
  int4: packed(4),
};

/** Bytes of the keys (the values take as many) of one layer's cache [kvHeads, capacity, headDim]. */
export const kvCacheBytes = (format: KvFormat, kvHeads: number, capacity: number, headDim: number): number => kvHeads * capacity * kvLayouts[format].rowBytes(headDim);
