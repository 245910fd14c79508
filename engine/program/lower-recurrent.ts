import { gatedRmsNorm } from '../../shaders/gated-rms-norm/gated-rms-norm.ts';
import { roundUp } from '../../shaders/kernel.ts';
import type { GatingVariant } from '../../shaders/linear-attention/gating.ts';
import { linearAttentionChunked } from '../../shaders/linear-attention/linear-attention-chunked.ts';
import { linearAttentionStep } from '../../shaders/linear-attention/linear-attention-step.ts';
import { scratchLengths, type LinearAttentionVariant } from '../../shaders/linear-attention/variant.ts';
import { shortConv } from '../../shaders/short-conv/short-conv.ts';
import type { Node } from '../ops/graph.ts';
import type { HeadGating } from '../ops/vocabulary.ts';
import type { BufferRef } from './dispatch.ts';
import { lowerArrangeHeads } from './lower-heads.ts';
import type { Lowering } from './lowering.ts';
import { mixerShape } from './mixer-shape.ts';
import { lowerInQuads, type DeclaredMixer } from './quads.ts';

export type RecurrentNode = Extract<Node, { op: 'arrangeHeads' | 'shortConv' | 'linearAttention' | 'gatedRmsNorm' }>;

export function lowerRecurrent(lowering: Lowering, node: RecurrentNode): void {
  switch (node.op) {
    case 'arrangeHeads':
      return lowerArrangeHeads(lowering, node);
    case 'shortConv':
      return lowerShortConv(lowering, node);
    case 'linearAttention':
      return lowerInQuads(lowering, node, (mixer) => lowerLinearAttention(lowering, mixer));
    case 'gatedRmsNorm':
      return lowerGatedRmsNorm(lowering, node);
    default:
      return node satisfies never;
  }
}

function lowerShortConv(lowering: Lowering, { x, conv, out }: Extract<Node, { op: 'shortConv' }>): void {
  const { channels, kernelSize } = conv.state;
  const kernel = shortConv({ channels, kernelSize, inputStride: roundUp(x.width, 4), inputOffset: conv.offset ?? 0, activation: conv.activation, bias: conv.bias !== undefined, gated: conv.gated ?? false });
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
export function lowerLinearAttention(lowering: Lowering, { x, attention, out, declared }: DeclaredMixer<HeadGating>): void {
  const { gating } = attention;
  const variant: LinearAttentionVariant = { ...mixerShape(x, attention), gating: gatingVariant(gating) };
  const { target, rows } = lowering.options;
  const buffers: Record<string, BufferRef> = {
    mixed: lowering.read(x),
    state: lowering.state(declared, 'state'),
    out: lowering.define(out, 'linear attention'),
    ...gateBuffers(lowering, gating),
  };
  if (!lowering.isMany(x)) return lowering.emit(linearAttentionStep(variant, target), buffers, out);
  for (const [name, length] of Object.entries(scratchLengths(variant, rows))) buffers[name] = lowering.scratch(name, length);
  for (const kernel of linearAttentionChunked(variant)) lowering.emit(kernel, buffers, out);
}

function gatingVariant(gating: HeadGating): GatingVariant {
  switch (gating.kind) {
    case 'constant':
      return { kind: 'constant' };
    case 'delta-rule':
      return { kind: 'delta-rule', betaScale: gating.betaScale, ...(gating.beta && { beta: { stride: roundUp(gating.beta.tensor.width, 4), column: gating.beta.column } }) };
    case 'sigmoid':
      return { kind: 'sigmoid', stride: roundUp(gating.gate.tensor.width, 4), column: gating.gate.column };
    case 'mamba2':
      return { kind: 'mamba2', stride: roundUp(gating.gates.width, 4), column: gating.column, limits: gating.limits };
    case 'delta':
      return { kind: 'delta', stride: roundUp(gating.gates.width, 4), betaColumn: gating.betaColumn, decayColumn: gating.decayColumn, betaScale: gating.betaScale, parameterHeads: gating.parameters.length / 2 };
    default:
      return gating satisfies never;
  }
}

/** By the names that the kernels have for them. */
function gateBuffers(lowering: Lowering, gating: HeadGating): Record<string, BufferRef> {
  switch (gating.kind) {
    case 'constant':
      return { gate_params: lowering.constant(gating.decays) };
    case 'delta-rule':
      return gating.beta ? { gates: lowering.read(gating.beta.tensor) } : {};
    case 'sigmoid':
      return { gates: lowering.read(gating.gate.tensor) };
    case 'mamba2':
    case 'delta':
      return { gate_params: lowering.constant(gating.parameters), gates: lowering.read(gating.gates) };
    default:
      return gating satisfies never;
  }
}

function lowerGatedRmsNorm(lowering: Lowering, { x, gate, norm, out }: Extract<Node, { op: 'gatedRmsNorm' }>): void {
  const { heads, weight, eps, gateOffset, centred = false, activation = 'silu', order = 'norm-first' } = norm;
  const headDim = x.width / heads;
  if ((weight === undefined) !== (eps === undefined)) throw new Error('a gated norm has a weight and an epsilon, or neither');
  if (x.width % heads !== 0 || (weight && ![headDim, x.width].includes(weight.length))) throw new Error(`a gated norm of ${x.width} in ${heads} heads has ${weight?.length} weights`);
  const kernel = gatedRmsNorm(
    {
      heads,
      headDim,
      ...(weight && eps !== undefined && { norm: { eps, perHead: heads > 1 && weight.length === x.width, centred } }),
      activation,
      order,
      gateStride: roundUp(gate.width, 4),
      gateOffset,
    },
    lowering.options.target,
  );
  const buffers: Record<string, BufferRef> = { x: lowering.read(x), z: lowering.read(gate), out: lowering.define(out, 'gated rms norm') };
  if (weight) buffers.weight = lowering.constant(weight);
  lowering.emit(kernel, buffers, out);
}
