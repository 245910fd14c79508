import { attentionInput } from '../../shaders/attention/attention-input.ts';
import type { AttentionVariant } from '../../shaders/attention/variant.ts';
import { differentialHeads, parametersLength } from '../../shaders/differential-heads/differential-heads.ts';
import { roundUp } from '../../shaders/kernel.ts';
import type { Node } from '../ops/graph.ts';
import type { BufferRef } from './dispatch.ts';
import { emitAttention } from './lower-attention.ts';
import type { Lowering } from './lowering.ts';

export type DifferentialNode = Extract<Node, { op: 'differentialAttention' }>;

/** The cache write, if there is one, attention of every head over the values of a pair, and what the heads of each pair differ in. */
export function lowerDifferential(lowering: Lowering, { x, attention, out }: DifferentialNode): void {
  const { state, heads, scale, window, stored, parameters, lambdaInit, eps } = attention;
  const { kvHeads, headDim } = state;
  const width = (heads + (stored ? 0 : 2 * kvHeads)) * headDim;
  if (x.width !== width) throw new Error(`differential attention reads ${width} columns, not ${x.width}`);
  const { context, kv, rows } = lowering.options;
  const variant: AttentionVariant = { heads, kvHeads, headDim, valueDim: 2 * headDim, capacity: context, kv, scale, window, gated: false, rotaryDim: 0, ...(!stored && { projectionStride: roundUp(width, 4) }) };
  const differential = { pairs: heads / 2, group: heads / kvHeads, width: 2 * headDim, lambdaDim: headDim, lambdaInit, eps };
  if (parameters.length !== parametersLength(differential)) throw new Error(`${parameters.label} has ${parameters.length} elements, not ${parametersLength(differential)}`);
  const most = lowering.isMany(x) ? rows : 1;
  const attended = lowering.scratch('heads of pairs', most * 2 * heads * headDim);
  const buffers: Record<string, BufferRef> = {
    projection: lowering.read(x),
    query: stored ? lowering.read(x) : lowering.scratch('query', most * heads * headDim),
    keys: lowering.state(state, 'keys'),
    values: lowering.state(state, 'values'),
    out: attended,
  };
  emitAttention(lowering, variant, stored ? undefined : attentionInput(variant), buffers, out);
  lowering.emit(differentialHeads(differential), { x: attended, parameters: lowering.constant(parameters), out: lowering.define(out, 'differential attention') }, out);
}
