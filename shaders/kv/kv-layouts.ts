import { ceilDiv, u32 } from '../kernel.ts';
import type { KvFormat, KvLayout } from './kv-format.ts';
import packedRow from './packed-row.wgsl?raw';
import { PLAIN_KV_LAYOUTS } from './plain-kv-layouts.ts';
import readPacked from './read-packed.wgsl?raw';
import writePacked from './write-packed.wgsl?raw';

/** Elements of a row that share a scale. */
export const KV_GROUP = 32;

const packed = (key: KvFormat, codeBits: number): KvLayout => ({
  key,
  word: 'u32',
  constants: { CODE_BITS: u32(codeBits) },
  read: [packedRow, readPacked],
  write: [packedRow, writePacked],
  rowBytes: (headDim) => 4 * (ceilDiv(headDim * codeBits, 32) + ceilDiv(headDim, KV_GROUP)),
});

/** All formats; the engine has the plain ones alone (`PLAIN_KV_LAYOUTS`). */
export const KV_LAYOUTS: Readonly<Record<KvFormat, KvLayout>> = { ...PLAIN_KV_LAYOUTS, int8: packed('int8', 8), int4: packed('int4', 4) };
