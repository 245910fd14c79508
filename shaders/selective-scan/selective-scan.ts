import expm1Source from '../common/expm1.wgsl?raw';
import softplusSource from '../common/softplus.wgsl?raw';
import stepSource from '../common/step.wgsl?raw';
import { assemble, ceilDiv, u32, type Kernel } from '../kernel.ts';
import recurrenceSource from './recurrence.wgsl?raw';
import chunksSource from './selective-chunks.wgsl?raw';
import scanSource from './selective-scan.wgsl?raw';
import { chunksOf, gateSnippets, normSnippet, variantConstants, variantLabel, WORKGROUP, type SelectiveScanVariant } from './variant.ts';

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
 * padded to a multiple of four, mix [T, mixStride], parameters as in `parametersLength`, carry as in `carryLength`,
 * state [STATE_SLOTS, stateSize, channels], and where there is a gate z [T, gate.stride].
 */
export function selectiveScan(variant: SelectiveScanVariant): Kernel {
  const { channels, gate } = variant;
  if (gate && gate.offset + channels > gate.stride) throw new RangeError(`selectiveScan: columns ${gate.offset}+${channels} exceed rows of ${gate.stride}`);
  return {
    label: `selective-scan/${variantLabel(variant)}`,
    features: [],
    code: assemble({
      constants: { ...variantConstants(variant), ...(gate && { GATE_STRIDE: u32(gate.stride), GATE_OFFSET: u32(gate.offset) }) },
      snippets: [stepSource, softplusSource, expm1Source, normSnippet(variant), recurrenceSource, ...gateSnippets(variant)],
      source: scanSource,
    }),
    bindings: [
      ...SHARED_BINDINGS,
      { name: 'carry', type: 'read' },
      { name: 'state', type: 'write' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
      ...(gate ? [{ name: 'z', type: 'read' } as const] : []),
    ],
    workgroups: ({ count }) => [ceilDiv(channels, WORKGROUP), chunksOf(count), 1],
  };
}
