import { interpolate, type InterpolateVariant } from '../../shaders/interpolate/interpolate.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { rwkvOutput } from '../../shaders/rwkv-output/rwkv-output.ts';
import type { Node } from '../ops/graph.ts';
import type { BufferRef } from './dispatch.ts';
import { multiplyInto } from './lower-linear.ts';
import type { Lowering } from './lowering.ts';

export type RwkvNode = Extract<Node, { op: 'interpolate' | 'linearEach' | 'rwkvOutput' }>;

export function lowerRwkv(lowering: Lowering, node: RwkvNode): void {
  switch (node.op) {
    case 'interpolate':
      return lowerInterpolate(lowering, node);
    case 'linearEach':
      return lowerLinearEach(lowering, node);
    case 'rwkvOutput':
      return lowerRwkvOutput(lowering, node);
    default:
      return node satisfies never;
  }
}

function lowerInterpolate(lowering: Lowering, { x, interpolation: { towards, by }, out }: Extract<Node, { op: 'interpolate' }>): void {
  const place = { stride: roundUp(towards.tensor.width, 4), column: towards.column };
  const [variant, weights]: [InterpolateVariant, Record<string, BufferRef>] =
    'weights' in by
      ? [{ width: x.width, towards: place, by: { kind: 'weights', first: by.first } }, { weights: lowering.constant(by.weights) }]
      : [{ width: by.logits.width, towards: place, by: { kind: 'sigmoid' }, within: { stride: roundUp(x.width, 4), column: by.column } }, { logits: lowering.read(by.logits) }];
  const target = lowering.read(towards.tensor);
  const source = lowering.read(x);
  lowering.emit(interpolate(variant), { ...weights, towards: target, x: source, out: lowering.define(out, 'interpolated', variant.within && x) }, out);
}

function lowerLinearEach(lowering: Lowering, { factors, out }: Extract<Node, { op: 'linearEach' }>): void {
  const target = lowering.define(out, factors.map(({ weight }) => weight.label).join(' | '));
  let column = 0;
  for (const { x, weight } of factors) {
    multiplyInto(lowering, { op: 'linear', x, weight, options: {}, out }, target, column);
    column += weight.outputs;
  }
}

function lowerRwkvOutput(lowering: Lowering, { x, output: { heads, eps, mixed, rate, gate, parameters }, out }: Extract<Node, { op: 'rwkvOutput' }>): void {
  const buffers = { x: lowering.read(x), mixed: lowering.read(mixed), rates: lowering.read(rate), gate: lowering.read(gate), parameters: lowering.constant(parameters), out: lowering.define(out, 'rwkv output') };
  lowering.emit(rwkvOutput({ heads, headDim: x.width / heads, eps }, lowering.options.target), buffers, out);
}
