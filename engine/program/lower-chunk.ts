import { chunkAttention, chunkFile, chunkRecurrence, type ChunkAttentionVariant } from '../../shaders/chunk-attention/chunk-attention.ts';
import { roundUp } from '../../shaders/kernel.ts';
import type { Node } from '../ops/graph.ts';
import { cacheRows } from '../ops/state.ts';
import type { BufferRef } from './dispatch.ts';
import type { Lowering } from './lowering.ts';

export type ChunkNode = Extract<Node, { op: 'chunkAttention' }>;

/** Three dispatches, whatever T is: the recurrence, the cache write, attention. */
export function lowerChunk(lowering: Lowering, { x, attention, out }: ChunkNode): void {
  const { cache, state, groups, columns, gateBias, rotaryTable } = attention;
  const { kvHeads: heads, headDim, chunk } = cache;
  const { context, kv, rows } = lowering.options;
  if (state.channels !== out.width || state.stateSize !== 2 || gateBias.length !== out.width) throw new Error(`chunk attention of ${out.width} channels has ${state.channels} of ${state.stateSize} in its state, ${gateBias.label} ${gateBias.length}`);
  const variant: ChunkAttentionVariant = { heads, groups, headDim, chunk, capacity: cacheRows(cache, context), kv, projectionStride: roundUp(x.width, 4), columns };
  const own = (label: string): BufferRef => lowering.scratch(label, (lowering.isMany(x) ? rows : 1) * out.width);
  const buffers: Record<string, BufferRef> = {
    projection: lowering.read(x),
    gate_bias: lowering.constant(gateBias),
    rotary: lowering.constant(rotaryTable),
    query: own('query'),
    own_keys: own('keys of a chunk so far'),
    own_values: own('values of a chunk so far'),
    state: lowering.state(state, 'state'),
    keys: lowering.state(cache, 'keys'),
    values: lowering.state(cache, 'values'),
    out: lowering.define(out, 'chunk attention'),
  };
  for (const kernel of [chunkRecurrence(variant), chunkFile(variant), chunkAttention(variant)]) lowering.emit(kernel, buffers, out);
}
