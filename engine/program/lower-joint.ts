import { glu } from '../../shaders/glu/glu.ts';
import { scale } from '../../shaders/scale/scale.ts';
import type { Node } from '../ops/graph.ts';
import type { Lowering } from './lowering.ts';

/** Where branches of a model part and meet. */
export type JointNode = Extract<Node, { op: 'scale' | 'add' | 'concatenate' | 'glu' }>;

export function lowerJoint(lowering: Lowering, node: JointNode): void {
  const { out } = node;
  switch (node.op) {
    case 'scale':
      return lowering.emit(scale({ width: out.width, factor: node.factor }), { x: lowering.read(node.x), out: lowering.define(out, 'scaled') }, out);
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
    default:
      return node satisfies never;
  }
}
