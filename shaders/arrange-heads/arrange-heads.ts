import stepSource from '../common/step.wgsl?raw';
import { assemble, bool, ceilDiv, u32, type Binding, type Kernel } from '../kernel.ts';
import { ACTIVATIONS } from '../linear/epilogue/epilogue.ts';
import type { Activation } from '../linear/linear-variant.ts';
import eluPlusOneSource from './activation-elu-plus-one.wgsl?raw';
import reluSource from './activation-relu.wgsl?raw';
import source from './arrange-heads.wgsl?raw';
import rotationSource from './rotation-half.wgsl?raw';
import noRotationSource from './rotation-none.wgsl?raw';
import poolSource from './rotation-pool.wgsl?raw';
import noSumSource from './sum-none.wgsl?raw';
import sumSource from './sum.wgsl?raw';

/** Where heads of one width lie in the rows of a tensor. */
export interface HeadColumns {
  /** Elements of a head. */
  readonly dim: number;
  /** Column of the first head. */
  readonly column: number;
  /** Row length of the tensor. */
  readonly stride: number;
}

/** What linear attention's feature maps make of an element of q or k. */
export type FeatureMap = Activation | 'relu' | 'elu-plus-one';

export interface ArrangeHeadsVariant {
  /** Of x. */
  readonly heads: number;
  /** Each head of x becomes as many neighbours of out; default 1. */
  readonly times?: number;
  readonly from: HeadColumns;
  readonly to: HeadColumns;
  /** Default: `none`. */
  readonly activation?: FeatureMap;
  /** Each head is divided by the sum of its activated elements. */
  readonly overSum?: boolean;
  /** What follows the elements of a head begins with a one, whose products add up what the others are weighed by. */
  readonly one?: boolean;
  /** As many neighbours become one, their mean; divides from.dim. Not with a rotation. Default: 1. */
  readonly pool?: number;
  /** Each head is rotated in pairs (i, i + dim/2), at the end; from.dim is even. */
  readonly rotary?: boolean;
}

const WORKGROUP = 64;

const FEATURE_MAPS: Readonly<Record<FeatureMap, string>> = { ...ACTIVATIONS, relu: reluSource, 'elu-plus-one': eluPlusOneSource };

/**
 * Heads as kernels of linear attention want them: of another width, more of them, mapped to features, rotated (Su et al. 2021, arXiv:2104.09864).
 * x [T, from.stride], out [T, to.stride], whose other columns are not written; with `rotary` also rotary [context, from.dim/2, 2] and step.
 * Throws `RangeError` for columns beyond a row and for an odd head that is to be rotated.
 */
export function arrangeHeads({ heads, times = 1, from, to, activation = 'none', overSum = false, one = false, pool = 1, rotary = false }: ArrangeHeadsVariant): Kernel {
  for (const [{ dim, column, stride }, count] of [[from, heads], [to, heads * times]] as const) {
    if (column + count * dim > stride) throw new RangeError(`arrangeHeads: columns ${column}+${count * dim} exceed rows of ${stride}`);
  }
  if (rotary && from.dim % 2 !== 0) throw new RangeError(`arrangeHeads: a head of ${from.dim} elements has no halves to rotate`);
  if (from.dim % pool !== 0 || (pool > 1 && rotary)) throw new RangeError(`arrangeHeads: heads of ${from.dim} elements, ${rotary ? 'rotated, ' : ''}are not pooled by ${pool}`);
  const rotation: readonly Binding[] = rotary ? [{ name: 'rotary', type: 'read' }, { name: 'step', type: 'uniform' }] : [];
  const changes = [times > 1 && `times${times}`, activation !== 'none' && activation, overSum && 'over-sum', one && 'one', pool > 1 && `pool${pool}`, rotary && 'rotary'].filter(Boolean);
  return {
    label: [`arrange-heads/${heads}/${from.dim}@${from.column}of${from.stride}/${to.dim}@${to.column}of${to.stride}`, ...changes].join('/'),
    features: [],
    code: assemble({
      constants: {
        HEADS: u32(heads * times),
        TIMES: u32(times),
        ONE: bool(one),
        POOL: u32(pool),
        FROM_DIM: u32(from.dim),
        FROM_COLUMN: u32(from.column),
        FROM_STRIDE: u32(from.stride),
        TO_DIM: u32(to.dim),
        TO_COLUMN: u32(to.column),
        TO_STRIDE: u32(to.stride),
        WORKGROUP: u32(WORKGROUP),
      },
      snippets: [...(rotary ? [stepSource] : []), FEATURE_MAPS[activation], overSum ? sumSource : noSumSource, rotary ? rotationSource : pool > 1 ? poolSource : noRotationSource],
      source,
    }),
    bindings: [{ name: 'x', type: 'read' }, { name: 'out', type: 'write' }, ...rotation],
    workgroups: ({ count }) => [ceilDiv(heads * times * to.dim, WORKGROUP), count, 1],
  };
}
