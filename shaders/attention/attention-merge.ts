import stepSource from '../common/step.wgsl?raw';
import { assemble, ceilDiv, u32, type Constant, type Kernel, type StepSize } from '../kernel.ts';
import { headTiles, SPLIT, splitsOf } from './attention-decode.ts';
import source from './attention-merge.wgsl?raw';
import { MOST, prefillSplits, queryQuads, SPAN, TILE } from './attention-prefill.ts';
import headsSource from './merge-heads.wgsl?raw';
import queriesSource from './merge-queries.wgsl?raw';
import headSplits from './splits-heads.wgsl?raw';
import querySplits from './splits-queries.wgsl?raw';
import { attentionParts, variantKey, type AttentionVariant } from './variant.ts';

const WORKGROUP = 256;
/** Elements of a head that a workgroup merges. */
const COLUMNS = 32;

/** What a step's partial results are of, four at a time. */
interface Quads {
  readonly label: string;
  readonly constants: Readonly<Record<string, Constant>>;
  readonly snippets: readonly string[];
  readonly count: (step: StepSize) => number;
  readonly splits: (step: StepSize) => number;
}

/**
 * Second half of `attentionDecode`: zero workgroups where that had one split and wrote `out` itself.
 *
 * Bindings: partial f32 [attentionPartialLength] · out f32 [1, heads, valueDim] · step · with `sinks`: sinks f32 [heads] ·
 * with `gated`: projection f32 [1, projectionStride].
 * Throws `AttentionVariantError` for a variant that has no kernel.
 */
export const attentionMerge = (variant: AttentionVariant): Kernel =>
  merge(variant, {
    label: 'heads',
    constants: { SPLIT: u32(SPLIT), TILES: u32(headTiles(variant)) },
    snippets: [headSplits, headsSource],
    count: () => variant.kvHeads * headTiles(variant),
    splits: (step) => splitsOf(variant, step),
  });

/** Second half of `attentionPrefill`, as `attentionMerge` of `attentionDecode`; for T tokens. */
export const attentionPrefillMerge = (variant: AttentionVariant): Kernel =>
  merge(variant, {
    label: 'queries',
    constants: { TILE: u32(TILE), MOST: u32(MOST), SPAN: u32(SPAN) },
    snippets: [querySplits, queriesSource],
    count: (step) => queryQuads(variant, step),
    splits: (step) => prefillSplits(variant, step),
  });

function merge(variant: AttentionVariant, quads: Quads): Kernel {
  const parts = attentionParts(variant, [
    { name: 'partial', type: 'read' },
    { name: 'out', type: 'write' },
    { name: 'step', type: 'uniform' },
  ]);
  return {
    label: `attention-merge/${quads.label}/${variantKey(variant)}`,
    features: [],
    code: assemble({
      constants: {
        ...parts.constants,
        ...quads.constants,
        WORKGROUP: u32(WORKGROUP),
        COLUMNS: u32(COLUMNS),
      },
      aliases: parts.aliases,
      snippets: [stepSource, ...parts.snippets, ...quads.snippets],
      source,
    }),
    bindings: parts.bindings,
    workgroups: (step) => (quads.splits(step) > 1 ? [ceilDiv(variant.valueDim ?? variant.headDim, COLUMNS), quads.count(step), 1] : [0, 0, 0]),
  };
}
