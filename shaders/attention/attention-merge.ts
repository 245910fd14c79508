import stepSource from '../common/step.wgsl?raw';
import { assemble, ceilDiv, u32, type Kernel } from '../kernel.ts';
import { headTiles, maxSplits, SPLIT, splitsOf } from './attention-decode.ts';
import source from './attention-merge.wgsl?raw';
import { attentionParts, variantKey, type AttentionVariant } from './variant.ts';

const WORKGROUP = 256;
/** Elements of a head that a workgroup merges. */
const COLUMNS = 32;

/**
 * Second half of `attentionDecode`: zero workgroups where that had one split and wrote `out` itself.
 *
 * Bindings: partial f32 [attentionPartialLength] · out f32 [1, heads, valueDim] · step · with `sinks`: sinks f32 [heads] ·
 * with `gated`: projection f32 [1, projectionStride].
 * Throws `AttentionVariantError` for a variant that has no kernel.
 */
export function attentionMerge(variant: AttentionVariant): Kernel {
  const parts = attentionParts(variant, [
    { name: 'partial', type: 'read' },
    { name: 'out', type: 'write' },
    { name: 'step', type: 'uniform' },
  ]);
  return {
    label: `attention-merge/${variantKey(variant)}`,
    features: [],
    code: assemble({
      constants: {
        ...parts.constants,
        WORKGROUP: u32(WORKGROUP),
        COLUMNS: u32(COLUMNS),
        SPLIT: u32(SPLIT),
        MAX_SPLITS: u32(maxSplits(variant)),
        TILES: u32(headTiles(variant)),
      },
      aliases: parts.aliases,
      snippets: [stepSource, ...parts.snippets],
      source,
    }),
    bindings: parts.bindings,
    workgroups: (step) => (splitsOf(variant, step) > 1 ? [ceilDiv(variant.valueDim ?? variant.headDim, COLUMNS), variant.kvHeads * headTiles(variant), 1] : [0, 0, 0]),
  };
}
