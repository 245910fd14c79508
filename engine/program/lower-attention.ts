import { attentionDecode, attentionPartialLength } from '../../shaders/attention/attention-decode.ts';
import { attentionInput } from '../../shaders/attention/attention-input.ts';
import { attentionMerge, attentionPrefillMerge } from '../../shaders/attention/attention-merge.ts';
import { attentionPrefill, prefillPartialLength } from '../../shaders/attention/attention-prefill.ts';
import type { AttentionVariant } from '../../shaders/attention/variant.ts';
import { roundUp, type Kernel } from '../../shaders/kernel.ts';
import type { Node } from '../ops/graph.ts';
import type { Tensor } from '../ops/vocabulary.ts';
import type { BufferRef } from './dispatch.ts';
import type { Lowering } from './lowering.ts';

/** Norm, rotation and cache write in one dispatch, then attention over the cache: split and merged for one token, in tiles for more, and those split too where they are few. */
export function lowerAttention(lowering: Lowering, { x, attention, out }: Extract<Node, { op: 'softmaxAttention' }>): void {
  const { state, heads, scale, gated, qkNorm, rotary, window, sinks } = attention;
  const { context, kv } = lowering.options;
  const variant = {
    heads,
    kvHeads: state.kvHeads,
    headDim: state.headDim,
    capacity: context,
    kv,
    scale,
    window,
    gated: gated ?? false,
    projectionStride: roundUp(x.width, 4),
    qkNorm: qkNorm && { eps: qkNorm.eps, whole: qkNorm.whole ?? false },
    rotaryDim: rotary?.rotaryDim ?? 0,
    sinks: sinks !== undefined,
  };
  const buffers: Record<string, BufferRef> = {
    projection: lowering.read(x),
    query: lowering.scratch('query', (lowering.isMany(x) ? lowering.options.rows : 1) * heads * state.headDim),
    keys: lowering.state(state, 'keys'),
    values: lowering.state(state, 'values'),
    out: lowering.define(out, 'attention'),
  };
  if (qkNorm) Object.assign(buffers, { q_norm: lowering.constant(qkNorm.q), k_norm: lowering.constant(qkNorm.k) });
  if (rotary) buffers.rotary = lowering.constant(rotary.table);
  if (sinks) buffers.sinks = lowering.constant(sinks);
  emitAttention(lowering, variant, attentionInput(variant), buffers, out);
}

/** `input`, which files keys and values in the cache unless they are there already, then attention over it. */
export function emitAttention(lowering: Lowering, variant: AttentionVariant, input: Kernel | undefined, buffers: Readonly<Record<string, BufferRef>>, out: Tensor): void {
  if (input) lowering.emit(input, buffers, out);
  const [kernels, length] = lowering.isMany(out)
    ? [[attentionPrefill(variant), attentionPrefillMerge(variant)], prefillPartialLength(variant)]
    : [[attentionDecode(variant), attentionMerge(variant)], attentionPartialLength(variant)];
  const partial = lowering.scratch('attention partials', length);
  for (const kernel of kernels) lowering.emit(kernel, { ...buffers, partial }, out);
}
