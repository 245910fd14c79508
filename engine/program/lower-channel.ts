import { roundUp } from '../../shaders/kernel.ts';
import { channelChunked } from '../../shaders/linear-attention-channel/channel-chunked.ts';
import { channelStep } from '../../shaders/linear-attention-channel/channel-step.ts';
import { givenGating, glaGating, hgrn2Gating, kdaGating, rwkv7Gating, slotsGating, type ChannelGating as GatingVariant, type GateColumns } from '../../shaders/linear-attention-channel/gating.ts';
import { channelScratchLengths, type ChannelVariant } from '../../shaders/linear-attention-channel/variant.ts';
import type { Node } from '../ops/graph.ts';
import type { ChannelGating, TensorColumns } from '../ops/vocabulary.ts';
import type { BufferRef } from './dispatch.ts';
import type { Lowering } from './lowering.ts';
import { mixerShape } from './mixer-shape.ts';
import { lowerInQuads, type DeclaredMixer } from './quads.ts';

export type ChannelNode = Extract<Node, { op: 'channelAttention' }>;

export const lowerChannel = (lowering: Lowering, node: ChannelNode): void => lowerInQuads(lowering, node, (mixer) => lowerMixer(lowering, mixer));

/** One step for a single token; two dispatches, whatever T is, for more. */
function lowerMixer(lowering: Lowering, { x, attention, out, declared }: DeclaredMixer<ChannelGating>): void {
  const variant: ChannelVariant = { ...mixerShape(x, attention), gating: gatingVariant(attention.gating) };
  const buffers: Record<string, BufferRef> = {
    mixed: lowering.read(x),
    state: lowering.state(declared, 'state'),
    out: lowering.define(out, 'linear attention'),
    ...gateBuffers(lowering, attention.gating),
  };
  if (!lowering.isMany(x)) return lowering.emit(channelStep(variant, lowering.options.target), buffers, out);
  for (const [name, length] of Object.entries(channelScratchLengths(variant, lowering.options.rows))) buffers[name] = lowering.scratch(name, length);
  for (const kernel of channelChunked(variant)) lowering.emit(kernel, buffers, out);
}

const columnsOf = ({ tensor, column }: TensorColumns): GateColumns => ({ stride: roundUp(tensor.width, 4), column });

function gatingVariant(gating: ChannelGating): GatingVariant {
  const decay = columnsOf(gating.decay);
  switch (gating.kind) {
    case 'kda':
      return kdaGating(decay, columnsOf(gating.beta), gating.betaScale, gating.lowerBound);
    case 'gla':
      return glaGating(decay, gating.normalizer, gating.smallest);
    case 'hgrn2':
      return hgrn2Gating(decay, gating.layer);
    case 'slots':
      return slotsGating(decay, gating.normalizer);
    case 'rwkv7':
      return rwkv7Gating(decay, columnsOf(gating.rate), gating.eps);
    case 'given':
      return givenGating(decay, columnsOf(gating.p), columnsOf(gating.b), gating.perChannel);
    default:
      return gating satisfies never;
  }
}

/** By the names that the gatings' kernels have for them. */
function gateBuffers(lowering: Lowering, gating: ChannelGating): Record<string, BufferRef> {
  const raw_decay = lowering.read(gating.decay.tensor);
  switch (gating.kind) {
    case 'kda':
      return { raw_decay, betas: lowering.read(gating.beta.tensor), gate_params: lowering.constant(gating.parameters) };
    case 'gla':
    case 'slots':
      return { raw_decay };
    case 'hgrn2':
      return { raw_decay, gate_params: lowering.constant(gating.lowerBounds) };
    case 'rwkv7':
      return { raw_decay, rates: lowering.read(gating.rate.tensor), gate_params: lowering.constant(gating.parameters) };
    case 'given':
      return { raw_decay, p_rows: lowering.read(gating.p.tensor), b_rows: lowering.read(gating.b.tensor) };
    default:
      return gating satisfies never;
  }
}
