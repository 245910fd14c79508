import { combineMemories, memoryConv, routeMemories } from '../../shaders/memories/memories.ts';
import type { Node } from '../ops/graph.ts';
import type { Lowering } from './lowering.ts';

export type MemoriesNode = Extract<Node, { op: 'routeMemories' | 'memoryConv' | 'combineMemories' }>;

export function lowerMemories(lowering: Lowering, node: MemoriesNode): void {
  const { out } = node;
  switch (node.op) {
    case 'routeMemories': {
      const { topK, shared } = node;
      const logits = lowering.read(node.x);
      return lowering.emit(routeMemories({ routed: node.x.width, topK, shared }), { logits, routes: lowering.define(out, 'routes to memories') }, out);
    }
    case 'memoryConv': {
      const { routes, conv } = node;
      const buffers = { x: lowering.read(node.x), routes: lowering.read(routes), weight: lowering.constant(conv.weight), state: lowering.state(conv.state, 'state') };
      const { heads, keys, values, separate, state } = conv;
      return lowering.emit(memoryConv({ memories: routes.width, separate, heads, keys, values, kernelSize: state.kernelSize }), { ...buffers, out: lowering.define(out, 'memories’ tokens') }, out);
    }
    case 'combineMemories': {
      const buffers = { parts: lowering.read(node.x), routes: lowering.read(node.routes) };
      return lowering.emit(combineMemories({ memories: node.routes.width, width: out.width }), { ...buffers, out: lowering.define(out, 'combined memories') }, out);
    }
    default:
      return node satisfies never;
  }
}
