import expm1Source from '../common/expm1.wgsl?raw';
import sigmoidSource from '../common/sigmoid.wgsl?raw';
import softplusSource from '../common/softplus.wgsl?raw';
import stepSource from '../common/step.wgsl?raw';
import { assemble, ceilDiv, u32, type Kernel } from '../kernel.ts';
import recurrenceSource from './recurrence.wgsl?raw';
import chunksSource from './selective-chunks.wgsl?raw';
import scanSource from './selective-scan.wgsl?raw';
import { chunksOf, normSnippet, variantConstants, variantLabel, WORKGROUP, type SelectiveScanVariant } from './variant.ts';

const SHARED_BINDINGS = [
  { name: 'x', type: 'read' },
  { name: 'dt', type: 'read' },
  { name: 'mix', type: 'read' },
  { name: 'parameters', type: 'read' },
] as const;

/** What a step of more than `CHUNK` tokens needs before the scan; for others it is a dispatch of nothing. */
export function selectiveChunks(variant: SelectiveScanVariant): Kernel {
  return {
    label: `selective-chunks/${variantLabel(variant)}`,
    features: [],
    code: assemble({ constants: variantConstants(variant), snippets: [softplusSource, expm1Source, normSnippet(variant), recurrenceSource], source: chunksSource }),
    bindings: [...SHARED_BINDINGS, { name: 'carry', type: 'write' }],
    workgroups: ({ count }) => (chunksOf(count) === 1 ? [0, 0, 0] : [ceilDiv(variant.channels, WORKGROUP), chunksOf(count) - 1, 1]),
  };
}

/**
 * The selective state space of Mamba (Gu & Dao 2023, arXiv:2312.00752, algorithm 2; `JambaMambaMixer` of transformers' Jamba) over any
 * T ≥ 1 tokens: after `selectiveChunks` where T may exceed a chunk, by itself for a single token. x, dt and out [T, channels] with rows
 * padded to a multiple of four, mix [T, mixStride], parameters as in `parametersLength`, carry as in `carryLength`, z [T, gateStride],
 * state [STATE_SLOTS, stateSize, channels].
 */
export function selectiveScan(variant: SelectiveScanVariant): Kernel {
  const { channels, gateStride, gateOffset } = variant;
  if (gateOffset + channels > gateStride) throw new RangeError(`selectiveScan: columns ${gateOffset}+${channels} exceed rows of ${gateStride}`);
  return {
    label: `selective-scan/${variantLabel(variant)}`,
    features: [],
    code: assemble({
      constants: { ...variantConstants(variant), GATE_STRIDE: u32(gateStride), GATE_OFFSET: u32(gateOffset) },
      snippets: [stepSource, sigmoidSource, softplusSource, expm1Source, normSnippet(variant), recurrenceSource],
      source: scanSource,
    }),
    bindings: [
      ...SHARED_BINDINGS,
      { name: 'carry', type: 'read' },
      { name: 'z', type: 'read' },
      { name: 'state', type: 'write' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: ({ count }) => [ceilDiv(channels, WORKGROUP), chunksOf(count), 1],
  };
}
