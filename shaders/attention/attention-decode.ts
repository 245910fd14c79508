import stepSource from '../common/step.wgsl?raw';
import { assemble, ceilDiv, u32, type Kernel, type StepSize } from '../kernel.ts';
import source from './attention-decode.wgsl?raw';
import splitsSource from './splits-heads.wgsl?raw';
import { attentionParts, reach, variantKey, type AttentionVariant } from './variant.ts';

/** Keys of one workgroup: short enough to be one round of loads, long enough that few partial results are left to merge. */
export const SPLIT = 64;
/** Query heads that a workgroup serves at once, side by side in a vec4f. */
const TILE = 4;
const WORKGROUP = 256;

/** Groups of up to four query heads that share a key head. */
export const headTiles = ({ heads, kvHeads }: AttentionVariant): number => ceilDiv(heads / kvHeads, TILE);
/** Splits of a one-token step. */
export const splitsOf = (variant: AttentionVariant, { position }: StepSize): number => ceilDiv(Math.min(position + 1, reach(variant)), SPLIT);

/** Length of the buffer `partial` in f32 elements. It may be shared by all layers of a model. */
export const attentionPartialLength = (variant: AttentionVariant): number =>
  variant.kvHeads * headTiles(variant) * ceilDiv(reach(variant), SPLIT) * ((variant.valueDim ?? variant.headDim) + 2) * TILE;

/**
 * Attention of one token, the last of the step, split over the keys (Dao et al. 2023, "Flash-Decoding"). With one split the result goes straight
 * to `out`; otherwise `attentionMerge` makes it from `partial`.
 *
 * Bindings: query f32 [1, heads, headDim] · keys, values [kvHeads, capacity, headDim] in the cache's format, position + 1 of them valid ·
 * partial f32 [attentionPartialLength] · out f32 [1, heads, valueDim] · step · with `sinks`: sinks f32 [heads] ·
 * with `gated`: projection f32 [1, projectionStride].
 * Throws `AttentionVariantError` for a variant that has no kernel.
 */
export function attentionDecode(variant: AttentionVariant): Kernel {
  const { headDim, valueDim = headDim } = variant;
  const parts = attentionParts(variant, [
    { name: 'query', type: 'read' },
    { name: 'keys', type: 'read' },
    { name: 'values', type: 'read' },
    { name: 'partial', type: 'write' },
    { name: 'out', type: 'write' },
    { name: 'step', type: 'uniform' },
  ]);
  const row4 = headDim / 4;
  const lanes = Math.min(8, row4);
  const valueParts = Math.min(SPLIT, Math.floor((4 * WORKGROUP) / valueDim));
  const reduce = Math.floor(valueParts / 2) * (valueDim / 4);
  return {
    label: `attention-decode/${variantKey(variant)}`,
    features: [],
    code: assemble({
      constants: {
        ...parts.constants,
        WORKGROUP: u32(WORKGROUP),
        SPLIT: u32(SPLIT),
        TILES: u32(headTiles(variant)),
        LANES: u32(lanes),
        PARTS: u32(valueParts),
        REDUCE: u32(reduce),
        SCRATCH: u32(Math.max(SPLIT * lanes, 4 * reduce)),
      },
      aliases: parts.aliases,
      snippets: [stepSource, splitsSource, ...variant.kv.read, ...parts.snippets],
      source,
    }),
    bindings: parts.bindings,
    workgroups: (step) => [splitsOf(variant, step), variant.kvHeads * headTiles(variant), 1],
  };
}
