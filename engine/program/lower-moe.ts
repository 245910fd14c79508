import { combine } from '../../shaders/moe/combine.ts';
import { expertDown } from '../../shaders/moe/expert-down.ts';
import { expertGateUp } from '../../shaders/moe/expert-gate-up.ts';
import { expertTiles } from '../../shaders/moe/expert-tiles.ts';
import { group, mostTiles } from '../../shaders/moe/group.ts';
import { route } from '../../shaders/moe/route.ts';
import { rowsPerElement, type ExpertGroups } from '../../shaders/moe/variant.ts';
import { roundUp } from '../../shaders/kernel.ts';
import type { Node } from '../ops/graph.ts';
import type { Vector, Weight, WeightChunk } from '../ops/weight.ts';
import type { BufferRef } from './dispatch.ts';
import { planeRefs } from './lower-linear.ts';
import type { Lowering } from './lowering.ts';

export type MoeNode = Extract<Node, { op: 'moe' }>;

/** What the router's logits become before any expert is asked. */
interface Routes {
  /** [T, topK] */
  readonly chosen: BufferRef;
  readonly weights: BufferRef;
}

/** The router's choice, then two products: of one token with its experts' rows, or of each expert with its tokens in tiles. The sum is added to the residual in place, where there is one. */
export function lowerMoe(lowering: Lowering, node: MoeNode): void {
  check(node);
  const { x, logits, moe, out } = node;
  const experts = logits.width;
  const assignments = (lowering.isMany(x) ? lowering.options.rows : 1) * moe.topK;
  const routes: Routes = { chosen: lowering.scratch('chosen experts', assignments), weights: lowering.scratch('weights of experts', assignments) };
  const { scoring } = moe;
  const bias = scoring.kind === 'sigmoid' ? scoring.bias : undefined;
  lowering.emit(route({ experts, topK: moe.topK, scoring }), { logits: lowering.read(logits), ...routes, ...biasRef(lowering, bias) }, out);
  const hidden = lowering.scratch(moe.gateUp.label, assignments * roundUp(moe.down.inputs, 4));
  if (lowering.isMany(x)) lowerManyTokens(lowering, node, routes, hidden);
  else lowerOneToken(lowering, node, routes, hidden);
}

/** Throws where matrices do not fit each other, or a token cannot have as many experts as it takes. */
function check({ x, moe }: MoeNode): void {
  const { router: { label: router, outputs: experts }, gateUp, down, topK, residual, activation, scoring } = moe;
  for (const { label, inputs, outputs, expected } of [{ ...gateUp, expected: x.width }, { ...down, expected: gateUp.outputs / experts / rowsPerElement(activation) }]) {
    if (inputs !== expected || outputs % experts !== 0) throw new Error(`${label} is ${outputs} x ${inputs}, which is not ${experts} experts of ${expected} inputs`);
  }
  const width = down.outputs / experts;
  if (residual && width !== residual.width) throw new Error(`${down.label} gives ${width} outputs, the residual has ${residual.width}`);
  const groups: ExpertGroups = (scoring.kind === 'sigmoid' && scoring.groups) || { count: 1, chosen: 1, scoring: 'max' };
  const size = experts / groups.count;
  const fits = Number.isInteger(size) && groups.chosen <= groups.count && (groups.scoring === 'max' || size > 1);
  if (!fits || topK > groups.chosen * size) throw new Error(`${router} has ${experts} experts, of which a token cannot take ${topK} in ${groups.chosen} of ${groups.count} groups`);
}

function lowerOneToken(lowering: Lowering, { x, logits, moe, out }: MoeNode, { chosen, weights }: Routes, hidden: BufferRef): void {
  const { gateUp, down, gateUpBias, downBias, activation, topK } = moe;
  const { target } = lowering.options;
  const norm = lowering.fusedNorm(x);
  const source = lowering.read(norm ? norm.x : x);
  for (const chunk of gateUp.chunks) {
    const kernel = expertGateUp({ ...chunkOfExperts(gateUp, chunk, logits.width, topK, gateUpBias), activation, ...(norm && { norm: { eps: norm.eps } }) }, target);
    lowering.emit(kernel, { ...planeRefs(chunk), ...biasRef(lowering, gateUpBias), x: source, chosen, out: hidden, ...(norm && { norm_weight: lowering.constant(norm.weight) }) }, out);
  }
  const sum = lowering.define(out, down.label, moe.residual);
  down.chunks.forEach((chunk, i) => {
    // Without a residual the first chunk begins the sum, whichever experts it has.
    const kernel = expertDown({ ...chunkOfExperts(down, chunk, logits.width, topK, downBias), accumulate: moe.residual !== undefined || i > 0 }, target);
    lowering.emit(kernel, { ...planeRefs(chunk), ...biasRef(lowering, downBias), x: hidden, chosen, weights, out: sum }, out);
  });
}

function lowerManyTokens(lowering: Lowering, { x, logits, moe, out }: MoeNode, { chosen, weights }: Routes, hidden: BufferRef): void {
  const { gateUp, down, gateUpBias, downBias, activation, topK } = moe;
  const allExperts = logits.width;
  const groups = { experts: allExperts, topK };
  const assignments = lowering.options.rows * topK;
  const order = lowering.scratch('tokens by expert', assignments);
  const tiles = lowering.scratch('tiles of experts', 4 * mostTiles(groups, lowering.options.rows));
  lowering.emit(group(groups), { chosen, order, tiles }, out);
  for (const chunk of gateUp.chunks) {
    const kernel = expertTiles({ ...chunkOfExperts(gateUp, chunk, allExperts, topK, gateUpBias), allExperts, activation });
    lowering.emit(kernel, { ...planeRefs(chunk), ...biasRef(lowering, gateUpBias), x: lowering.read(x), order, tiles, out: hidden }, out);
  }
  const given = lowering.scratch(down.label, assignments * roundUp(out.width, 4));
  for (const chunk of down.chunks) {
    const kernel = expertTiles({ ...chunkOfExperts(down, chunk, allExperts, topK, downBias), allExperts });
    lowering.emit(kernel, { ...planeRefs(chunk), ...biasRef(lowering, downBias), x: hidden, order, tiles, out: given }, out);
  }
  lowering.emit(combine({ topK, width: out.width, accumulate: moe.residual !== undefined }), { x: given, weights, out: lowering.define(out, 'sum of experts', moe.residual) }, out);
}

/** A chunk's share of all experts, which is whole: weights of experts are split between them. */
function chunkOfExperts(weight: Weight, chunk: WeightChunk, experts: number, topK: number, bias: Vector | undefined) {
  const outputs = weight.outputs / experts;
  return { format: chunk.format, inputs: weight.inputs, outputs, experts: chunk.rows / outputs, firstExpert: chunk.rowStart / outputs, topK, bias: bias !== undefined };
}

const biasRef = (lowering: Lowering, bias: Vector | undefined): Record<string, BufferRef> => (bias ? { bias: lowering.constant(bias) } : {});
