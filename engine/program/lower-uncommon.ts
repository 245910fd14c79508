import { layerNorm } from '../../shaders/layer-norm/layer-norm.ts';
import { scale } from '../../shaders/scale/scale.ts';
import type { Node } from '../ops/graph.ts';
import type { Lowering } from './lowering.ts';

export type UncommonNode = Extract<Node, { op: 'scale' | 'layerNorm' }>;

export function lowerUncommon(lowering: Lowering, node: UncommonNode): void {
  const { out } = node;
  switch (node.op) {
    case 'scale':
      // The look-up of an embedding may have done it.
      if (lowering.has(out)) return;
      return lowering.emit(scale({ width: out.width, factor: node.factor }), { x: lowering.read(node.x), out: lowering.define(out, 'scaled') }, out);
    case 'layerNorm': {
      const x = lowering.read(node.x);
      return lowering.emit(layerNorm({ width: out.width, eps: node.eps }), { x, weight: lowering.constant(node.weight), bias: lowering.constant(node.bias), out: lowering.define(out, 'layer norm') }, out);
    }
    default:
      return node satisfies never;
  }
}
