import { arrangeHeads } from '../../shaders/arrange-heads/arrange-heads.ts';
import { hedgehog, weightedMean } from '../../shaders/hedgehog/hedgehog.ts';
import { roundUp } from '../../shaders/kernel.ts';
import type { Node } from '../ops/graph.ts';
import type { Tensor } from '../ops/vocabulary.ts';
import type { Lowering } from './lowering.ts';
import { lowerLinearAttention } from './lower-recurrent.ts';

export type HedgehogNode = Extract<Node, { op: 'hedgehogAttention' }>;

/** Features of q and of k and values with a one behind them, linear attention over these, and its quotient: six dispatches at most, whatever T is. */
export function lowerHedgehog(lowering: Lowering, { x, attention, out }: HedgehogNode): void {
  const { state, kvHeads, queryMap, keyMap, gate, least, added, factor } = attention;
  const { heads, keyDim, valueDim } = state;
  const [dim, features, times] = [out.width / heads, keyDim / 2, heads / kvHeads];
  if (x.width !== (heads + 2 * kvHeads) * dim || valueDim !== dim + 4 || queryMap.length !== features * dim || keyMap.length !== features * dim) throw new Error(`hedgehog attention of ${heads} heads of ${dim} has ${x.width} columns, and a state of ${keyDim} by ${valueDim}`);
  const keys = heads * keyDim;
  // Tensors that no model file knows of.
  const mixed: Tensor = { ...x, width: 2 * keys + heads * valueDim };
  const sums: Tensor = { ...out, width: heads * valueDim };
  const [projection, target] = [lowering.read(x), lowering.define(mixed, 'features')];
  const [fromStride, toStride] = [roundUp(x.width, 4), roundUp(mixed.width, 4)];
  const map = (parts: { heads: number; times: number; column: number; to: number }, weight: typeof keyMap): void =>
    lowering.emit(
      hedgehog({ heads: parts.heads, times: parts.times, features, from: { dim, column: parts.column, stride: fromStride }, to: { column: parts.to, stride: toStride } }),
      { x: projection, weight: lowering.constant(weight), out: target },
      x,
    );
  map({ heads, times: 1, column: 0, to: 0 }, queryMap);
  map({ heads: kvHeads, times, column: heads * dim, to: keys }, keyMap);
  lowering.emit(arrangeHeads({ heads: kvHeads, times, from: { dim, column: (heads + kvHeads) * dim, stride: fromStride }, to: { dim: valueDim, column: 2 * keys, stride: toStride }, one: true }), { x: projection, out: target }, x);
  lowerLinearAttention(lowering, { x: mixed, attention: { state, keyHeads: heads, normalised: false, scale: 1, gating: { kind: 'sigmoid', gate } }, out: sums, declared: state });
  lowering.emit(weightedMean({ heads, dim, xDim: valueDim, least }), { x: lowering.read(sums), added: lowering.read(added), factor: lowering.constant(factor), out: lowering.define(out, 'weighted mean') }, out);
}
