import { glu } from '../../shaders/glu/glu.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { layerNorm } from '../../shaders/layer-norm/layer-norm.ts';
import { scale } from '../../shaders/scale/scale.ts';
import { softmax } from '../../shaders/softmax/softmax.ts';
import type { Node } from '../ops/graph.ts';
import { lowerLookUp } from './lower-embedding.ts';
import type { Lowering } from './lowering.ts';

/** Between mixers and matrices: where branches of a model meet, factors, and GPT-2's norms and positions. */
export type JointNode = Extract<Node, { op: 'add' | 'concatenate' | 'glu' | 'layerNorm' | 'positionEmbedding' | 'scale' | 'softmax' }>;

export function lowerJoint(lowering: Lowering, node: JointNode): void {
  const { out } = node;
  switch (node.op) {
    case 'add':
      return lowering.emit(scale({ width: out.width, factor: 1, accumulate: true }), { x: lowering.read(node.x), out: lowering.define(out, 'sum', node.residual) }, out);
    case 'concatenate': {
      const target = lowering.define(out, 'concatenation');
      for (const [part, offset] of [[node.x, 0], [node.y, node.x.width]] as const) {
        lowering.emit(scale({ width: part.width, factor: 1, place: { width: out.width, offset } }), { x: lowering.read(part), out: target }, out);
      }
      return;
    }
    case 'glu':
      return lowering.emit(glu({ width: out.width, activation: node.activation }), { x: lowering.read(node.x), out: lowering.define(out, 'gated') }, out);
    case 'layerNorm': {
      const x = lowering.read(node.x);
      const target = lowering.define(out, 'layer norm');
      return lowering.emit(layerNorm({ width: out.width, eps: node.eps }), { x, weight: lowering.constant(node.weight), bias: lowering.constant(node.bias), out: target }, out);
    }
    case 'positionEmbedding':
      return lowerLookUp(lowering, node.table, out, { index: 'position', target: lowering.define(out, 'position embedding', node.x), scale: 1 });
    case 'scale':
      return lowering.emit(scale({ width: out.width, factor: node.factor }), { x: lowering.read(node.x), out: lowering.define(out, 'scaled') }, out);
    case 'softmax': {
      const { x, parts, column } = node;
      return lowering.emit(softmax({ parts, dim: out.width / parts, stride: roundUp(x.width, 4), column }), { x: lowering.read(x), out: lowering.define(out, 'softmax') }, out);
    }
    default:
      return node satisfies never;
  }
}
