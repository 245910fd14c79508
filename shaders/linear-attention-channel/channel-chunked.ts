import expm1Source from '../common/expm1.wgsl?raw';
import stepSource from '../common/step.wgsl?raw';
import { assemble, ceilDiv, u32, type Kernel } from '../kernel.ts';
import chunksSource from './channel-chunks.wgsl?raw';
import scanSource from './channel-scan.wgsl?raw';
import type { Delta } from './gating.ts';
import operandsSource from './operands.wgsl?raw';
import triangularSource from '../linear-attention/unit-triangular.wgsl?raw';
import { CHUNK, chunksOf } from '../linear-attention/variant.ts';
import { channelConstants, channelLabel, withGating, type ChannelVariant } from './variant.ts';

const WORKGROUP_MEMORY = 16_384;

/** Tiles [CHUNK, columns] that the scan holds: the values; what is transformed; what p reads. */
const TILES: Readonly<Record<Delta, number>> = { none: 1, tied: 2, general: 3 };

/** Columns of the state that a workgroup of the scan carries: as many of 16 as fit beside the tiles. */
function scanColumns({ keyDim, gating }: ChannelVariant): number {
  const columns = [16, 8, 4].find((width) => 4 * width * (keyDim + TILES[gating.delta] * CHUNK) <= WORKGROUP_MEMORY);
  if (!columns) throw new RangeError(`linearAttention: keys of ${keyDim} elements do not fit into workgroup memory`);
  return columns;
}

function chunks(variant: ChannelVariant): Kernel {
  const { bindings, constants } = withGating(
    [
      { name: 'mixed', type: 'read' },
      { name: 'matrices', type: 'write' },
      { name: 'rows', type: 'write' },
      { name: 'decays', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    variant,
  );
  return {
    label: `linear-attention-chunks/${channelLabel(variant)}`,
    features: [],
    code: assemble({
      constants: { ...channelConstants(variant), ...constants, CHUNK: u32(CHUNK), WORKGROUP: u32((CHUNK * CHUNK) / 4) },
      snippets: [stepSource, expm1Source, operandsSource, ...variant.gating.snippets, triangularSource],
      source: chunksSource,
    }),
    bindings,
    workgroups: ({ count }) => [chunksOf(count), variant.valueHeads, 1],
  };
}

function scan(variant: ChannelVariant): Kernel {
  const columns = scanColumns(variant);
  return {
    label: `linear-attention-scan/${channelLabel(variant)}`,
    features: [],
    code: assemble({
      constants: { ...channelConstants(variant), CHUNK: u32(CHUNK), COLUMNS: u32(columns), TILES: u32(TILES[variant.gating.delta]) },
      snippets: [stepSource],
      source: scanSource,
    }),
    bindings: [
      { name: 'mixed', type: 'read' },
      { name: 'matrices', type: 'read' },
      { name: 'rows', type: 'read' },
      { name: 'decays', type: 'read' },
      { name: 'state', type: 'write' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: () => [ceilDiv(variant.valueDim, columns), variant.valueHeads, 1],
  };
}

/**
 * `channelStep` over any T ≥ 1 tokens in two dispatches, to be run in this order (the chunked forms of linear-attention.md; arXiv:2312.06635,
 * section 4; arXiv:2510.26692, section 3). Same tensors with T rows, and the scratch buffers of `channelScratchLengths` between the two.
 */
export const channelChunked = (variant: ChannelVariant): readonly [chunks: Kernel, scan: Kernel] => [chunks(variant), scan(variant)];
