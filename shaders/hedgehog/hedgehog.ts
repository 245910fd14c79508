import type { HeadColumns } from '../arrange-heads/arrange-heads.ts';
import { assemble, ceilDiv, f32, u32, type Kernel } from '../kernel.ts';
import source from './hedgehog.wgsl?raw';
import weightedMeanSource from './weighted-mean.wgsl?raw';

export interface HedgehogVariant {
  readonly heads: number;
  /** Each head's features are written as often, side by side. */
  readonly times: number;
  /** Rows of the map, half of the features. */
  readonly features: number;
  readonly from: HeadColumns;
  /** Of the first features. */
  readonly to: Pick<HeadColumns, 'column' | 'stride'>;
}

const WORKGROUP = 64;
/** Logits of a head are in workgroup memory. */
const MAX_FEATURES = 2048;

/** Hedgehog's feature map with a softmax (Zhang et al. 2024, arXiv:2402.04347): x [T, from.stride], weight [features, from.dim], out [T, to.stride], whose other columns are not written. Throws `RangeError` for columns beyond a row. */
export function hedgehog({ heads, times, features, from, to }: HedgehogVariant): Kernel {
  if (features > MAX_FEATURES) throw new RangeError(`hedgehog: ${features} features are more than ${MAX_FEATURES}`);
  if (from.column + heads * from.dim > from.stride || to.column + heads * times * 2 * features > to.stride) throw new RangeError(`hedgehog: ${heads} heads exceed rows of ${from.stride} or ${to.stride}`);
  return {
    label: `hedgehog/${heads}x${from.dim}@${from.column}of${from.stride}/${times}x${2 * features}@${to.column}of${to.stride}`,
    features: [],
    code: assemble({
      constants: { DIM: u32(from.dim), FROM_COLUMN: u32(from.column), FROM_STRIDE: u32(from.stride), TIMES: u32(times), FEATURES: u32(features), TO_COLUMN: u32(to.column), TO_STRIDE: u32(to.stride), WORKGROUP: u32(WORKGROUP) },
      source,
    }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'weight', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [heads, count, 1],
  };
}

export interface WeightedMeanVariant {
  readonly heads: number;
  /** Elements of a head of `added` and out. */
  readonly dim: number;
  /** Of a head of x: as many sums, what they are divided by, and padding. */
  readonly xDim: number;
  /** Divisors are at least this. */
  readonly least: number;
}

/** What normalised linear attention reads, and a factor of something else: x [T, heads, xDim], added and out [T, heads · dim], factor [1]. */
export function weightedMean({ heads, dim, xDim, least }: WeightedMeanVariant): Kernel {
  return {
    label: `weighted-mean/${heads}x${dim}of${xDim}/${least}`,
    features: [],
    code: assemble({ constants: { HEADS: u32(heads), DIM: u32(dim), X_DIM: u32(xDim), LEAST: f32(least), WORKGROUP: u32(WORKGROUP) }, source: weightedMeanSource }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'added', type: 'read' },
      { name: 'factor', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [ceilDiv(heads * dim, WORKGROUP), count, 1],
  };
}
