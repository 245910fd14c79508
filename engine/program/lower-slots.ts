import { roundUp } from '../../shaders/kernel.ts';
import { slotScoresChunked, slotScoresStep } from '../../shaders/slot-scores/slot-scores.ts';
import { slotScratchLengths, type SlotScoresVariant } from '../../shaders/slot-scores/variant.ts';
import type { Node } from '../ops/graph.ts';
import type { BufferRef } from './dispatch.ts';
import type { Lowering } from './lowering.ts';

export type SlotsNode = Extract<Node, { op: 'slotScores' }>;

/** One step for a single token; two dispatches, whatever T is, for more. */
export function lowerSlots(lowering: Lowering, { x, attention: { state, scale, decay, normalizer }, out }: SlotsNode): void {
  const { heads, keyDim, valueDim: slots } = state;
  const variant: SlotScoresVariant = {
    heads,
    keyDim,
    slots,
    mixedStride: roundUp(x.width, 4),
    columns: { q: 0, k: heads * keyDim },
    scale,
    decay: { stride: roundUp(decay.tensor.width, 4), column: decay.column },
    normalizer,
  };
  const buffers: Record<string, BufferRef> = { mixed: lowering.read(x), raw_decay: lowering.read(decay.tensor), state: lowering.state(state, 'state'), out: lowering.define(out, 'slot scores') };
  if (!lowering.isMany(x)) return lowering.emit(slotScoresStep(variant, lowering.options.target), buffers, out);
  for (const [name, length] of Object.entries(slotScratchLengths(variant, lowering.options.rows))) buffers[name] = lowering.scratch(name, length);
  for (const kernel of slotScoresChunked(variant)) lowering.emit(kernel, buffers, out);
}
