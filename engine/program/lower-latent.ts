import { attentionInputLatent } from '../../shaders/attention/attention-input-latent.ts';
import type { AttentionVariant } from '../../shaders/attention/variant.ts';
import { roundUp } from '../../shaders/kernel.ts';
import type { Node } from '../ops/graph.ts';
import type { BufferRef } from './dispatch.ts';
import { emitAttention } from './lower-attention.ts';
import type { Lowering } from './lowering.ts';

export type LatentNode = Extract<Node, { op: 'latentAttention' }>;

/** The cache write in one dispatch, then the attention that all models have. */
export function lowerLatent(lowering: Lowering, { x, attention, out }: LatentNode): void {
  const { state, heads, scale, expanded, shared, valueDim } = attention;
  if (x.width !== heads * state.headDim || expanded.width % heads !== 0) throw new Error(`latent attention of ${heads} heads of ${state.headDim} has ${x.width} for q and ${expanded.width} for k and v`);
  const { context, kv } = lowering.options;
  const variant: AttentionVariant = { heads, kvHeads: state.kvHeads, headDim: state.headDim, valueDim, capacity: context, kv, scale, gated: false, rotaryDim: 0 };
  const input = attentionInputLatent(variant, {
    expandedStride: roundUp(expanded.width, 4),
    ownDim: expanded.width / heads - valueDim,
    sharedStride: roundUp(shared.tensor.width, 4),
    sharedColumn: shared.column,
  });
  const buffers: Record<string, BufferRef> = {
    query: lowering.read(x),
    expanded: lowering.read(expanded),
    shared_keys: lowering.read(shared.tensor),
    keys: lowering.state(state, 'keys'),
    values: lowering.state(state, 'values'),
    out: lowering.define(out, 'attention'),
  };
  emitAttention(lowering, variant, input, buffers, out);
}
