import expm1Source from '../common/expm1.wgsl?raw';
import softplusSource from '../common/softplus.wgsl?raw';
import stepSource from '../common/step.wgsl?raw';
import { team } from '../common/team.ts';
import { assemble, ceilDiv, u32, type Kernel, type Target } from '../kernel.ts';
import { CHUNK, chunksOf } from '../linear-attention/variant.ts';
import decayedSource from './decayed.wgsl?raw';
import gateSource from './gate.wgsl?raw';
import chunksSource from './slot-scores-chunks.wgsl?raw';
import scanSource from './slot-scores-scan.wgsl?raw';
import stepKernelSource from './slot-scores-step.wgsl?raw';
import { slotConstants, slotLabel, type SlotScoresVariant } from './variant.ts';

const GATE = [stepSource, softplusSource, expm1Source, gateSource];
/** Invocations of a workgroup: eight a token of a chunk, or a few teams. */
const WORKGROUP = 8 * CHUNK;
const STEP_WORKGROUP = 128;
/** Bytes of workgroup memory for the keys of as many slots as fit. */
const SLICE_MEMORY = 12_288;

/**
 * One token (T = 1) of the keys of gated slot attention (Zhang et al. 2024, arXiv:2409.07146, equation 7): S ← S diag(α) + k (1 − α)ᵀ, Sᵀq.
 * mixed [1, mixedStride], raw_decay [1, decay.stride], state [STATE_SLOTS, heads, slots, keyDim], out [1, heads · slots]. Throws `RangeError` for sizes that it cannot take.
 */
export function slotScoresStep(variant: SlotScoresVariant, target: Target): Kernel {
  const { size, features, snippet, label } = team(target);
  return {
    label: `slot-scores-step/${slotLabel(variant)}/${label}`,
    features,
    code: assemble({ features, constants: { ...slotConstants(variant), WORKGROUP: u32(STEP_WORKGROUP), TEAM: u32(size) }, snippets: [...GATE, decayedSource, snippet], source: stepKernelSource }),
    bindings: [
      { name: 'mixed', type: 'read' },
      { name: 'raw_decay', type: 'read' },
      { name: 'state', type: 'write' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: () => [ceilDiv(variant.slots, STEP_WORKGROUP / size), variant.heads, 1],
  };
}

function chunks(variant: SlotScoresVariant): Kernel {
  return {
    label: `slot-scores-chunks/${slotLabel(variant)}`,
    features: [],
    code: assemble({ constants: { ...slotConstants(variant), CHUNK: u32(CHUNK), WORKGROUP: u32(WORKGROUP) }, snippets: GATE, source: chunksSource }),
    bindings: [
      { name: 'mixed', type: 'read' },
      { name: 'raw_decay', type: 'read' },
      { name: 'rows', type: 'write' },
      { name: 'decays', type: 'write' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: ({ count }) => [chunksOf(count), variant.heads, 1],
  };
}

function scan(variant: SlotScoresVariant): Kernel {
  const columns = [16, 8, 4, 2, 1].find((width) => 4 * width * variant.keyDim <= SLICE_MEMORY);
  if (!columns) throw new RangeError(`slotScores: keys of ${variant.keyDim} elements do not fit into workgroup memory`);
  return {
    label: `slot-scores-scan/${slotLabel(variant)}`,
    features: [],
    code: assemble({ constants: { ...slotConstants(variant), CHUNK: u32(CHUNK), COLUMNS: u32(columns), WORKGROUP: u32(WORKGROUP) }, snippets: [stepSource, decayedSource], source: scanSource }),
    bindings: [
      { name: 'mixed', type: 'read' },
      { name: 'rows', type: 'read' },
      { name: 'decays', type: 'read' },
      { name: 'state', type: 'write' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: () => [ceilDiv(variant.slots, columns), variant.heads, 1],
  };
}

/** `slotScoresStep` over any T ≥ 1 tokens in two dispatches, to be run in this order. Same tensors with T rows, and the scratch buffers of `slotScratchLengths` between the two. */
export const slotScoresChunked = (variant: SlotScoresVariant): readonly [chunks: Kernel, scan: Kernel] => [chunks(variant), scan(variant)];
