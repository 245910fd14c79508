import { embedding } from '../../shaders/embedding/embedding.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { rmsNorm } from '../../shaders/rms-norm/rms-norm.ts';
import { selectLastRow } from '../../shaders/select-rows/select-last-row.ts';
import type { Graph, Node } from '../ops/graph.ts';
import type { Tensor } from '../ops/vocabulary.ts';
import type { Weight } from '../ops/weight.ts';
import { importChannel, isChannel } from './channel.ts';
import type { BufferRef, Dispatch, Value } from './dispatch.ts';
import { importLatent, isLatent } from './latent.ts';
import { lowerAttention } from './lower-attention.ts';
import type { ChannelNode } from './lower-channel.ts';
import type { LatentNode } from './lower-latent.ts';
import { lowerLinear, planeRefs } from './lower-linear.ts';
import type { MoeNode } from './lower-moe.ts';
import type { RecurrentNode } from './lower-recurrent.ts';
import type { ScanNode } from './lower-scan.ts';
import type { UncommonNode } from './lower-uncommon.ts';
import { Lowering, residualOf, type LoweringOptions } from './lowering.ts';
import { importMoe, isMoe } from './moe.ts';
import { importRecurrent, isRecurrent } from './recurrent.ts';
import { importScan, isScan } from './scan.ts';
import { importUncommon, isUncommon } from './uncommon.ts';

/** The dispatches of one step of the recorded model in one mode, and where its result and the tensors `keep` lie. Rejects with `ModuleLoadError`. */
export async function lower(graph: Graph, result: Tensor, options: LoweringOptions, keep: readonly Tensor[] = []): Promise<{ dispatches: readonly Dispatch[]; output: Value; kept: readonly Value[] }> {
  const lowering = new Lowering(graph, options);
  for (const node of graph.nodes) {
    // The look-up of an embedding may have scaled it already.
    if (lowering.has(node.out)) continue;
    if (isRecurrent(node)) (await importRecurrent()).lowerRecurrent(lowering, node);
    else if (isChannel(node)) (await importChannel()).lowerChannel(lowering, node);
    else if (isLatent(node)) (await importLatent()).lowerLatent(lowering, node);
    else if (isScan(node)) (await importScan()).lowerScan(lowering, node);
    else if (isMoe(node)) (await importMoe()).lowerMoe(lowering, node);
    else if (isUncommon(node)) (await importUncommon()).lowerUncommon(lowering, node);
    else lowerNode(lowering, node);
  }
  const [output, ...kept] = [result, ...keep].map((tensor) => {
    const ref = lowering.read(tensor);
    if (ref.kind !== 'value') throw new Error('the result of a model is a value');
    return ref.value;
  });
  return { dispatches: lowering.dispatches, output, kept };
}

function lowerNode(lowering: Lowering, node: Exclude<Node, RecurrentNode | ChannelNode | LatentNode | ScanNode | MoeNode | UncommonNode>): void {
  switch (node.op) {
    case 'embedding':
      return lowerEmbedding(lowering, node);
    case 'positionEmbedding':
      return lowerLookUp(lowering, node.table, node.out, { index: 'position', target: lowering.define(node.out, 'position embedding', node.x), scale: 1 });
    case 'linear':
      return lowerLinear(lowering, node);
    case 'rmsNorm':
      return lowerRmsNorm(lowering, node);
    case 'softmaxAttention':
      return lowerAttention(lowering, node);
    case 'outputRows':
      return lowerOutputRows(lowering, node);
    default:
      return node satisfies never;
  }
}

/** Where nothing but a `scale` wants an embedding, the look-up scales it. */
function lowerEmbedding(lowering: Lowering, { table, out }: Extract<Node, { op: 'embedding' }>): void {
  const [only, ...others] = lowering.consumers(out);
  const scaled = only?.op === 'scale' && others.length === 0 ? only : undefined;
  lowerLookUp(lowering, table, out, { index: 'token', target: lowering.define(out, 'embedding'), scale: scaled?.factor ?? 1 });
  if (scaled) lowering.rename(scaled.out, out);
}

function lowerLookUp(lowering: Lowering, table: Weight, out: Tensor, { index, target, scale: factor }: { index: 'token' | 'position'; target: BufferRef; scale: number }): void {
  for (const chunk of table.chunks) {
    const kernel = embedding({ format: chunk.format, rows: chunk.rows, rowStart: chunk.rowStart, width: table.inputs, index, accumulate: index === 'position', scale: factor });
    lowering.emit(kernel, { ...planeRefs(chunk), tokens: { kind: 'tokens' }, out: target }, out);
  }
}

/** Storage buffers that every adapter lets a shader bind (`maxStorageBuffersPerShaderStage`). */
const STORAGE_BUFFERS = 8;

/** Whether a consumer of a norm can compute it in front of its own product: the norm's weight takes a binding more. */
function canNormalise(node: Node): boolean {
  const most = ({ chunks }: Weight): number => Math.max(...chunks.map(({ planes, order }) => Object.keys(planes).length + Number(order !== undefined)));
  if (node.op === 'linear') return most(node.weight) + ['x', 'norm_weight', 'out'].length + Number(node.options.bias !== undefined) <= STORAGE_BUFFERS;
  if (node.op === 'moe') return most(node.moe.gateUp) + ['x', 'chosen', 'norm_weight', 'out'].length + Number(node.moe.gateUpBias !== undefined) <= STORAGE_BUFFERS;
  return false;
}

/**
 * For a single row every consumer normalises for itself: that costs less than another dispatch. Not where the norm's result is a residual, nor
 * where x is no longer what it was when the last of them runs. A norm's result is added to the residual in place.
 */
function lowerRmsNorm(lowering: Lowering, node: Extract<Node, { op: 'rmsNorm' }>): void {
  const consumers = lowering.consumers(node.out);
  const isResidual = consumers.some((consumer) => residualOf(consumer) === node.out);
  if (!node.residual && !lowering.isMany(node.out) && consumers.every(canNormalise) && !isResidual && !lowering.isOverwritten(node.x, consumers)) return lowering.fuseNorm(node);
  const x = lowering.read(node.x);
  const out = lowering.define(node.out, 'rms norm', node.residual);
  lowering.emit(rmsNorm({ width: node.out.width, stride: roundUp(node.x.width, 4), eps: node.eps, accumulate: node.residual !== undefined }), { x, weight: lowering.constant(node.weight), out }, node.out);
}

function lowerOutputRows(lowering: Lowering, node: Extract<Node, { op: 'outputRows' }>): void {
  lowering.beginOutput();
  if (lowering.isMany(node.x) === lowering.isMany(node.out)) return lowering.rename(node.out, node.x);
  const x = lowering.read(node.x);
  const out = lowering.define(node.out, 'last row');
  lowering.emit(selectLastRow({ width: node.out.width }), { x, out }, node.out);
}
