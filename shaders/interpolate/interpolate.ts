import sigmoidSource from '../common/sigmoid.wgsl?raw';
import { assemble, ceilDiv, roundUp, u32, type Kernel } from '../kernel.ts';
import source from './interpolate.wgsl?raw';
import ownApart from './own-apart.wgsl?raw';
import ownInPlace from './own-in-place.wgsl?raw';
import weightGiven from './weight-given.wgsl?raw';
import weightSigmoid from './weight-sigmoid.wgsl?raw';

export interface InterpolateVariant {
  /** Columns that are interpolated. */
  readonly width: number;
  /** Where these lie in the tensor that holds what x is drawn towards. */
  readonly towards: { readonly stride: number; readonly column: number };
  /** Weights that all tokens share, from element `first` of a vector on, or the sigmoids of each token's logits [T, roundUp(width, 4)]. */
  readonly by: { readonly kind: 'weights'; readonly first: number } | { readonly kind: 'sigmoid' };
  /** Columns of a wider tensor that are overwritten; absent: x and out are two tensors [T, width]. */
  readonly within?: { readonly stride: number; readonly column: number };
}

const WORKGROUP = 128;

/** x + weight ⊙ (towards − x), element by element: a token shift (RWKV, arXiv:2305.13048, section 3.1.1), or values drawn towards the first layer's (RWKV-7, arXiv:2503.14456). Rows are padded to a multiple of four. */
export function interpolate({ width, towards, by, within }: InterpolateVariant): Kernel {
  if (towards.column + width > towards.stride) throw new RangeError(`interpolate: columns ${towards.column}+${width} exceed rows of ${towards.stride}`);
  if (within && within.column + width > within.stride) throw new RangeError(`interpolate: columns ${within.column}+${width} exceed rows of ${within.stride}`);
  return {
    label: `interpolate/${width}/${towards.column}of${towards.stride}/${by.kind === 'weights' ? `from${by.first}` : by.kind}${within ? `/in-place${within.column}of${within.stride}` : ''}`,
    features: [],
    code: assemble({
      constants: {
        WIDTH: u32(width),
        TOWARDS_STRIDE: u32(towards.stride),
        TOWARDS_COLUMN: u32(towards.column),
        OUT_STRIDE: u32(within?.stride ?? roundUp(width, 4)),
        OUT_COLUMN: u32(within?.column ?? 0),
        WORKGROUP: u32(WORKGROUP),
        ...(by.kind === 'weights' ? { FIRST: u32(by.first) } : { LOGITS_STRIDE: u32(roundUp(width, 4)) }),
      },
      snippets: [sigmoidSource, by.kind === 'weights' ? weightGiven : weightSigmoid, within ? ownInPlace : ownApart],
      source,
    }),
    bindings: [
      { name: 'towards', type: 'read' },
      { name: 'out', type: 'write' },
      { name: by.kind === 'weights' ? 'weights' : 'logits', type: 'read' },
      ...(within ? [] : [{ name: 'x', type: 'read' } as const]),
    ],
    workgroups: ({ count }) => [ceilDiv(width, WORKGROUP), count, 1],
  };
}
