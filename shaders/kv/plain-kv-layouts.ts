import type { KvLayout } from './kv-format.ts';
import readF16 from './read-f16.wgsl?raw';
import readF32 from './read-f32.wgsl?raw';
import writeF16 from './write-f16.wgsl?raw';
import writeF32 from './write-f32.wgsl?raw';

/** Keys and values that are not quantised. */
export const PLAIN_KV_LAYOUTS = {
  f32: { key: 'f32', word: 'vec4f', constants: {}, read: [readF32], write: [writeF32], rowBytes: (headDim) => headDim * 4 },
  f16: { key: 'f16', word: 'vec2u', constants: {}, read: [readF16], write: [writeF16], rowBytes: (headDim) => headDim * 2 },
} as const satisfies Readonly<Record<'f32' | 'f16', KvLayout>>;
