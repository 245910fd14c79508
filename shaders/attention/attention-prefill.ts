import stepSource from '../common/step.wgsl?raw';
import { assemble, ceilDiv, type Kernel } from '../kernel.ts';
import source from './attention-prefill.wgsl?raw';
import { attentionParts, variantKey, type AttentionVariant } from './variant.ts';

/** Queries of a workgroup. */
const TILE = 32;

/**
 * Attention of any number of tokens over the cache, which already holds their keys and values (Dao 2023, "FlashAttention-2",
 * arXiv:2307.08691). Needs nothing but the step, works for T = 1 too, but has only `heads` workgroups there.
 *
 * Bindings: query f32 [T, heads, headDim] · keys, values [kvHeads, capacity, headDim] in the cache's format, position + T of them valid ·
 * out f32 [T, heads, valueDim] · step · with `sinks`: sinks f32 [heads] · with `gated`: projection f32 [T, projectionStride].
 * Throws `AttentionVariantError` for a variant that has no kernel.
 */
export function attentionPrefill(variant: AttentionVariant): Kernel {
  const parts = attentionParts(variant, [
    { name: 'query', type: 'read' },
    { name: 'keys', type: 'read' },
    { name: 'values', type: 'read' },
    { name: 'out', type: 'write' },
    { name: 'step', type: 'uniform' },
  ]);
  return {
    label: `attention-prefill/${variantKey(variant)}`,
    features: [],
    code: assemble({
      constants: parts.constants,
      aliases: parts.aliases,
      snippets: [stepSource, ...variant.kv.read, ...parts.snippets],
      source,
    }),
    bindings: parts.bindings,
    workgroups: ({ count }) => [ceilDiv(count, TILE), variant.heads, 1],
  };
}
