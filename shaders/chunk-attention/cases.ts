import { STATE_SLOTS } from '../common/step.ts';
import { roundUp } from '../kernel.ts';
import type { KernelCase } from '../kernel-case.ts';
import { KV_LAYOUTS } from '../kv/kv-layouts.ts';
import { packKvCache, unpackKvCache } from '../kv/reference.ts';
import { normal } from '../random.ts';
import { chunkAttention, chunkFile, chunkRecurrence, type ChunkAttentionVariant } from './chunk-attention.ts';
import { chunkAttentionReference } from './reference.ts';

type Shape = Pick<ChunkAttentionVariant, 'heads' | 'groups' | 'headDim' | 'chunk'>;

/** A layer on a cache whose rows are NaN from the step's first chunk on, as are the slots of the state that it must not touch. */
function chunkAttentionCase(count: number, position: number, { heads, groups, headDim, chunk }: Shape, format: 'f32' | 'f16' = 'f32'): KernelCase {
  const width = heads * headDim;
  const end = 3 * width + 2 * groups * headDim;
  const capacity = Math.ceil((position + count) / chunk) + 1;
  const variant: ChunkAttentionVariant = { heads, groups, headDim, chunk, capacity, kv: KV_LAYOUTS[format], projectionStride: roundUp(end, 4), columns: { x: width, gate: 2 * width, q: 3 * width, k: 3 * width + groups * headDim } };
  const step = { count, position, slotIn: 1, slotOut: 2 };
  const length = count * width;
  const unpack = (words: Uint32Array<ArrayBuffer>): Float64Array => unpackKvCache(format, words, headDim);
  const kept = (cache: Float64Array): Float64Array => unpackKvCache(format, packKvCache(format, cache, headDim), headDim);
  const past = (seed: number): Float64Array => Float64Array.from(normal(heads * capacity * headDim, seed), (value, i) => (Math.floor(i / headDim) % capacity < Math.floor(position / chunk) ? value : NaN));
  return {
    name: `chunk-attention T=${count} position=${position} ${heads}:${groups}x${headDim} chunk=${chunk} ${format}`,
    kernels: () => [chunkRecurrence(variant), chunkFile(variant), chunkAttention(variant)],
    step,
    inputs: () => {
      const state = new Float32Array(STATE_SLOTS * 2 * width).fill(NaN);
      state.set(normal(2 * width, 1), step.slotIn * 2 * width);
      const rows = { projection: normal(count * variant.projectionStride, 2, 1.5), gate_bias: normal(width, 3), rotary: normal(capacity * headDim, 4) };
      return { ...rows, state, keys: packKvCache(format, past(5), headDim), values: packKvCache(format, past(6), headDim) };
    },
    outputs: { query: { type: 'f32', length }, own_keys: { type: 'f32', length }, own_values: { type: 'f32', length }, out: { type: 'f32', length } },
    unpack: { keys: unpack, values: unpack },
    expected: ({ projection, gate_bias, rotary, state }) => {
      const held = state.slice(step.slotIn * 2 * width, (step.slotIn + 1) * 2 * width) as Float32Array;
      const after = chunkAttentionReference(variant, { projection, gateBias: gate_bias, rotary, state: held, keys: past(5), values: past(6) }, step, kept);
      const states = Float64Array.from(state as Float32Array);
      states.set(after.state, step.slotOut * 2 * width);
      return { out: after.out, keys: after.keys, values: after.values, state: states };
    },
    tolerance: format === 'f32' ? 2e-6 : 2e-3,
  };
}

export const chunkAttentionCases: readonly KernelCase[] = [
  // A token that begins, goes on with, and ends a chunk; more chunks than are scored at once.
  ...[0, 6, 8].map((position) => chunkAttentionCase(1, position, { heads: 4, groups: 2, headDim: 12, chunk: 3 })),
  chunkAttentionCase(1, 330, { heads: 2, groups: 2, headDim: 64, chunk: 5 }),
  // Steps that begin and end within chunks, within one, and with them.
  chunkAttentionCase(20, 4, { heads: 6, groups: 3, headDim: 20, chunk: 7 }),
  chunkAttentionCase(3, 9, { heads: 1, groups: 1, headDim: 4, chunk: 16 }),
  chunkAttentionCase(32, 32, { heads: 2, groups: 1, headDim: 128, chunk: 16 }, 'f16'),
  chunkAttentionCase(70, 1, { heads: 2, groups: 2, headDim: 8, chunk: 1 }),
];
