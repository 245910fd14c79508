import { gatedRmsNorm } from '../../shaders/gated-rms-norm/gated-rms-norm.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { linearAttentionChunked } from '../../shaders/linear-attention/linear-attention-chunked.ts';
import { linearAttentionStep } from '../../shaders/linear-attention/linear-attention-step.ts';
import { scratchLengths } from '../../shaders/linear-attention/variant.ts';
import { shortConv } from '../../shaders/short-conv/short-conv.ts';
import type { Node } from '../ops/graph.ts';
import type { BufferRef } from './dispatch.ts';
import type { Lowering } from './lowering.ts';

export type RecurrentNode = Extract<Node, { op: 'shortConv' | 'linearAttention' | 'gatedRmsNorm' }>;

export function lowerRecurrent(lowering: Lowering, node: RecurrentNode): void {
  switch (node.op) {
    case 'shortConv':
      return lowerShortConv(lowering, node);
    case 'linearAttention':
      return lowerLinearAttention(lowering, node);
    case 'gatedRmsNorm':
      return lowerGatedRmsNorm(lowering, node);
    default:
      return node satisfies never;
  }
}

function lowerShortConv(lowering: Lowering, { x, conv, out }: Extract<Node, { op: 'shortConv' }>): void {
  const { channels, kernelSize } = conv.state;
  const kernel = shortConv({ channels, kernelSize, inputStride: roundUp(x.width, 4), inputOffset: 0, activation: conv.activation, bias: conv.bias !== undefined });
  const buffers: Record<string, BufferRef> = {
    x: lowering.read(x),
    weight: lowering.constant(conv.weight),
    state: lowering.state(conv.state, 'state'),
    out: lowering.define(out, 'short convolution'),
  };
  if (conv.bias) buffers.bias = lowering.constant(conv.bias);
  lowering.emit(kernel, buffers, out);
}

/** One step for a single token; two dispatches, whatever T is, for more. */
function lowerLinearAttention(lowering: Lowering, { x, gates, attention, out }: Extract<Node, { op: 'linearAttention' }>): void {
  const { heads, keyDim, valueDim } = attention.state;
  const variant = { keyHeads: attention.keyHeads, valueHeads: heads, keyDim, valueDim, gatesStride: roundUp(gates.width, 4), gatesOffset: 0 };
  const { target, rows } = lowering.options;
  const buffers: Record<string, BufferRef> = {
    mixed: lowering.read(x),
    gates: lowering.read(gates),
    gate_params: lowering.constant(attention.gateParameters),
    state: lowering.state(attention.state, 'state'),
    out: lowering.define(out, 'linear attention'),
  };
  if (!lowering.isMany(x)) return lowering.emit(linearAttentionStep(variant, target), buffers, out);
  for (const [name, length] of Object.entries(scratchLengths(variant, rows))) buffers[name] = lowering.scratch(name, length);
  for (const kernel of linearAttentionChunked(variant)) lowering.emit(kernel, buffers, out);
}

function lowerGatedRmsNorm(lowering: Lowering, { x, gate, norm, out }: Extract<Node, { op: 'gatedRmsNorm' }>): void {
  const kernel = gatedRmsNorm({ heads: norm.heads, headDim: x.width / norm.heads, eps: norm.eps, gateStride: roundUp(gate.width, 4), gateOffset: norm.gateOffset }, lowering.options.target);
  lowering.emit(kernel, { x: lowering.read(x), z: lowering.read(gate), weight: lowering.constant(norm.weight), out: lowering.define(out, 'gated rms norm') }, out);
}
