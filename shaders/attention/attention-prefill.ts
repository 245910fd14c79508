import stepSource from '../common/step.wgsl?raw';
import { assemble, ceilDiv, u32, type Kernel, type StepSize } from '../kernel.ts';
import source from './attention-prefill.wgsl?raw';
import splitsSource from './splits-queries.wgsl?raw';
import { attentionParts, reach, variantKey, type AttentionVariant } from './variant.ts';

/** Queries of a workgroup. */
export const TILE = 32;
/** Most workgroups of a head between which keys are split, and fewest keys of one. */
export const MOST = 16;
export const SPAN = 128;

/** Splits of the keys: several where a question follows a long text, so that a GPU has more to do than `heads` workgroups that walk all of it. */
export function prefillSplits(variant: AttentionVariant, { count, position }: StepSize): number {
  const seen = count - 1 + Math.min(position + 1, reach(variant));
  return Math.max(1, Math.min(Math.floor(MOST / ceilDiv(count, TILE)), ceilDiv(seen, SPAN)));
}

/** Groups of four tokens of one head. */
export const queryQuads = ({ heads }: AttentionVariant, { count }: StepSize): number => (heads * ceilDiv(count, TILE) * TILE) / 4;

/** Length of the buffer `partial` in f32 elements. It may be shared by all layers of a model. */
export const prefillPartialLength = ({ heads, headDim, valueDim = headDim }: AttentionVariant): number => heads * (TILE / 4) * MOST * (valueDim + 2) * 4;

/**
 * Attention of any number of tokens over the cache, which already holds their keys and values (Dao 2023, "FlashAttention-2",
 * arXiv:2307.08691). With one split of the keys the result goes straight to `out`; otherwise `attentionPrefillMerge` makes it from `partial`.
 *
 * Bindings: query f32 [T, heads, headDim] · keys, values [kvHeads, capacity, headDim] in the cache's format, position + T of them valid ·
 * partial f32 [prefillPartialLength] · out f32 [T, heads, valueDim] · step · with `sinks`: sinks f32 [heads] · with `gated`: projection f32 [T, projectionStride].
 * Throws `AttentionVariantError` for a variant that has no kernel.
 */
export function attentionPrefill(variant: AttentionVariant): Kernel {
  const parts = attentionParts(variant, [
    { name: 'query', type: 'read' },
    { name: 'keys', type: 'read' },
    { name: 'values', type: 'read' },
    { name: 'partial', type: 'write' },
    { name: 'out', type: 'write' },
    { name: 'step', type: 'uniform' },
  ]);
  return {
    label: `attention-prefill/${variantKey(variant)}`,
    features: [],
    code: assemble({
      constants: { ...parts.constants, TILE: u32(TILE), MOST: u32(MOST), SPAN: u32(SPAN) },
      aliases: parts.aliases,
      snippets: [stepSource, splitsSource, ...variant.kv.read, ...parts.snippets],
      source,
    }),
    bindings: parts.bindings,
    workgroups: (step) => [ceilDiv(step.count, TILE), variant.heads, prefillSplits(variant, step)],
  };
}
