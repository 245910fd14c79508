import { roundUp } from '../../shaders/kernel.ts';
import { rmsNorm } from '../../shaders/rms-norm/rms-norm.ts';
import { selectLastRow } from '../../shaders/select-rows/select-last-row.ts';
import { importModule } from '../modules/import-module.ts';
import type { Graph, Node } from '../ops/graph.ts';
import type { Tensor } from '../ops/vocabulary.ts';
import type { Weight } from '../ops/weight.ts';
import type { Dispatch, Value } from './dispatch.ts';
import { lowerAttention } from './lower-attention.ts';
import { lowerEmbedding } from './lower-embedding.ts';
import { lowerLinear } from './lower-linear.ts';
import { Lowering, residualOf, type LoweringOptions } from './lowering.ts';

/** The dispatches of one step of the recorded model in one mode, and where its result and the tensors `keep` lie. Rejects with `ModuleLoadError`. */
export async function lower(graph: Graph, result: Tensor, options: LoweringOptions, keep: readonly Tensor[] = []): Promise<{ dispatches: readonly Dispatch[]; output: Value; kept: readonly Value[] }> {
  const lowering = new Lowering(graph, options);
  for (const node of graph.nodes) {
    // The look-up of an embedding may have scaled it already.
    if (!lowering.has(node.out)) await lowerNode(lowering, node);
  }
  const [output, ...kept] = [result, ...keep].map((tensor) => {
    const ref = lowering.read(tensor);
    if (ref.kind !== 'value') throw new Error('the result of a model is a value');
    return ref.value;
  });
  return { dispatches: lowering.dispatches, output, kept };
}

async function lowerNode(lowering: Lowering, node: Node): Promise<void> {
  switch (node.op) {
    case 'embedding':
      return lowerEmbedding(lowering, node);
    case 'linear':
      return lowerLinear(lowering, node);
    case 'rmsNorm':
      return lowerRmsNorm(lowering, node);
    case 'softmaxAttention':
      return lowerAttention(lowering, node);
    case 'outputRows':
      return lowerOutputRows(lowering, node);
    default:
      return (await importModule(() => import('./uncommon.ts'))).lowerUncommon(lowering, node);
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
