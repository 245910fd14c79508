import { linearMatrices } from '../../shaders/linear/linear-matrix.ts';
import { linearVector } from '../../shaders/linear/linear-vector.ts';
import type { LinearVariant } from '../../shaders/linear/linear-variant.ts';
import { roundUp } from '../../shaders/kernel.ts';
import type { Node } from '../ops/graph.ts';
import type { WeightChunk } from '../ops/weight.ts';
import type { BufferRef } from './dispatch.ts';
import type { Lowering } from './lowering.ts';

type LinearNode = Extract<Node, { op: 'linear' }>;

export const planeRefs = ({ planes }: WeightChunk): Record<string, BufferRef> =>
  Object.fromEntries(Object.entries(planes).map(([name, buffer]) => [name, { kind: 'constant', buffer }]));

/** The residual is added in place. */
export const lowerLinear = (lowering: Lowering, node: LinearNode): void => multiplyInto(lowering, node, lowering.define(node.out, node.weight.label, node.options.residual));

/** Columns of `target` from `column` on, in one dispatch for each chunk of the weight. */
export function multiplyInto(lowering: Lowering, node: LinearNode, target: BufferRef, column = 0): void {
  const { x, weight, options, out } = node;
  const many = lowering.isMany(x);
  const norm = many ? undefined : lowering.fusedNorm(x);
  const source = lowering.read(norm ? norm.x : x);
  for (const chunk of weight.chunks) {
    const variant = variantOf(node, chunk, column);
    const kernels = many
      ? linearMatrices(variant, lowering.options.rows)
      : [linearVector({ ...variant, ...(norm && { norm: { eps: norm.eps } }) }, lowering.options.target)];
    const buffers: Record<string, BufferRef> = {
      ...planeRefs(chunk),
      x: source,
      out: target,
      ...(chunk.order && { order: { kind: 'constant', buffer: chunk.order } }),
      ...(norm && { norm_weight: lowering.constant(norm.weight) }),
      ...(options.outputGate && { output_gate: lowering.read(options.outputGate) }),
      ...(options.bias && { bias: lowering.constant(options.bias) }),
    };
    for (const kernel of kernels) lowering.emit(kernel, buffers, out);
  }
}

function variantOf({ weight, options, out }: LinearNode, { format, rowStart, rowStep, rows, order }: WeightChunk, column: number): LinearVariant {
  const shared = {
    format,
    inputs: weight.inputs,
    outputs: rows,
    outputStride: roundUp(out.width, 4),
    bias: options.bias !== undefined,
    biasStart: rowStart,
    biasStride: rowStep,
    accumulate: options.residual !== undefined,
    scale: options.scale,
    softCap: options.softCap,
    outputGate: options.outputGate !== undefined,
    ordered: order !== undefined,
  };
  if (!options.gated) return { ...shared, rowOffset: rowStart + column, activation: options.activation ?? 'none' };
  const gated = { ...shared, rowOffset: Math.floor(rowStart / 2), activation: 'none' as const };
  if (rowStep === 1) return { ...gated, gated: options.gated };
  // Gate and up apart: the gate is written, and multiplied by up afterwards.
  return rowStart % 2 === 0 ? { ...gated, activation: options.gated } : { ...gated, multiply: true };
}
