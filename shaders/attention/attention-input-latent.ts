import stepSource from '../common/step.wgsl?raw';
import { assemble, grid, u32, type Kernel } from '../kernel.ts';
import source from './attention-input-latent.wgsl?raw';
import { AttentionVariantError } from './variant-error.ts';
import { sizes, type AttentionVariant } from './variant.ts';

/** Tokens in the grid's y dimension before it folds into z. */
const GRID_Y = 32768;

/** Where keys and values of latent attention come from; strides and columns are multiples of 4. */
export interface LatentInput {
  /** Row stride of the tensor that has each head's own part of k, then its v. */
  readonly expandedStride: number;
  /** Elements of a key that are its head's own; those of all heads make up the rest. */
  readonly ownDim: number;
  /** Row stride of the tensor that has the shared part, and its first column. */
  readonly sharedStride: number;
  readonly sharedColumn: number;
}

/**
 * Keys and values of multi-head latent attention (DeepSeek-V2, arXiv:2405.04434), expanded and without rotation, to the cache at
 * `position + t`. The query needs nothing done to it.
 *
 * Bindings: expanded f32 [T, expandedStride] · shared_keys f32 [T, sharedStride] · keys, values [kvHeads, capacity, headDim] in the
 * cache's format · step. Throws `AttentionVariantError` for a variant that has no kernel.
 */
export function attentionInputLatent(variant: AttentionVariant, { expandedStride, ownDim, sharedStride, sharedColumn }: LatentInput): Kernel {
  const { kvHeads, headDim, valueDim = headDim, capacity, kv, qkNorm, rotaryDim } = variant;
  const { constants, aliases } = sizes(variant);
  if (qkNorm) throw new AttentionVariantError('qkNorm', 'is not there for keys that are expanded');
  if (valueDim > headDim) throw new AttentionVariantError('valueDim', `is at most headDim (${headDim}) for values that are expanded, not ${valueDim}`);
  if (rotaryDim) throw new AttentionVariantError('rotaryDim', 'is not there for keys that are expanded');
  const words = [expandedStride, ownDim, sharedStride, sharedColumn];
  if (words.some((size) => size % 4) || ownDim > headDim || expandedStride < kvHeads * (ownDim + valueDim) || sharedStride < sharedColumn + headDim - ownDim) {
    throw new RangeError(`latent attention: ${kvHeads} heads of ${ownDim}+${valueDim} in rows of ${expandedStride}, ${headDim - ownDim} more at ${sharedColumn} of ${sharedStride}`);
  }
  return {
    label: [`attention-input-latent/${kvHeads}x${ownDim}of${headDim}+${valueDim}`, kv.key, `capacity${capacity}`, `shared${sharedColumn}of${sharedStride}`].join('/'),
    features: [],
    code: assemble({
      constants: { ...constants, GRID_Y: u32(GRID_Y), EXPANDED_VECS: u32(expandedStride / 4), OWN_ROW4: u32(ownDim / 4), SHARED_VECS: u32(sharedStride / 4), SHARED_VEC: u32(sharedColumn / 4) },
      aliases,
      snippets: [stepSource, ...kv.write],
      source,
    }),
    bindings: [
      { name: 'expanded', type: 'read' },
      { name: 'shared_keys', type: 'read' },
      { name: 'keys', type: 'write' },
      { name: 'values', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: ({ count }) => {
      const [y, z] = grid(count);
      return [2 * kvHeads, y, z];
    },
  };
}
