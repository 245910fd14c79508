import { linearMatrix } from '../../shaders/linear/linear-matrix.ts';
import { linearVector } from '../../shaders/linear/linear-vector.ts';
import { roundUp } from '../../shaders/kernel.ts';
import type { Node } from '../ops/graph.ts';
import type { WeightChunk } from '../ops/weight.ts';
import type { BufferRef } from './dispatch.ts';
import type { Lowering } from './lowering.ts';

export const planeRefs = ({ planes }: WeightChunk): Record<string, BufferRef> =>
  Object.fromEntries(Object.entries(planes).map(([name, buffer]) => [name, { kind: 'constant', buffer }]));

/** One dispatch for each chunk of the weight; the residual is added in place. */
export function lowerLinear(lowering: Lowering, { x, weight, options, out }: Extract<Node, { op: 'linear' }>): void {
  const many = lowering.isMany(x);
  const norm = many ? undefined : lowering.fusedNorm(x);
  const source = lowering.read(norm ? norm.x : x);
  const target = lowering.define(out, weight.label, options.residual);
  for (const chunk of weight.chunks) {
    const variant = {
      format: weight.format,
      inputs: weight.inputs,
      outputs: chunk.rows,
      rowOffset: options.gated ? chunk.rowStart / 2 : chunk.rowStart,
      outputStride: roundUp(out.width, 4),
      bias: options.bias !== undefined,
      accumulate: options.residual !== undefined,
      activation: options.activation ?? 'none',
      ...(options.gated && { gated: options.gated }),
    };
    const kernel = many
      ? linearMatrix(variant)
      : linearVector({ ...variant, ...(norm && { norm: { eps: norm.eps } }) }, lowering.options.target);
    lowering.emit(
      kernel,
      {
        ...planeRefs(chunk),
        x: source,
        out: target,
        ...(norm && { norm_weight: lowering.constant(norm.weight) }),
        ...(options.bias && { bias: { kind: 'constant', buffer: options.bias.buffer, offset: chunk.rowStart * 4 } }),
      },
      out,
    );
  }
}
