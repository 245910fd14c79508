import { assemble, ceilDiv, u32, type Kernel } from '../kernel.ts';
import source from './resize-heads.wgsl?raw';

/** Where heads of one width lie in the rows of a tensor. */
export interface HeadColumns {
  /** Elements of a head. */
  readonly dim: number;
  /** Column of the first head. */
  readonly column: number;
  /** Row length of the tensor. */
  readonly stride: number;
}

export interface ResizeHeadsVariant {
  readonly heads: number;
  readonly from: HeadColumns;
  readonly to: HeadColumns;
}

const WORKGROUP = 64;

/**
 * Copies heads into heads of another width, filled up with zeros or cut off, for kernels that take four elements at a time.
 * x [T, from.stride], out [T, to.stride], whose other columns are not written. Throws `RangeError` for columns beyond a row.
 */
export function resizeHeads({ heads, from, to }: ResizeHeadsVariant): Kernel {
  for (const { dim, column, stride } of [from, to]) {
    if (column + heads * dim > stride) throw new RangeError(`resizeHeads: columns ${column}+${heads * dim} exceed rows of ${stride}`);
  }
  return {
    label: `resize-heads/${heads}/${from.dim}@${from.column}of${from.stride}/${to.dim}@${to.column}of${to.stride}`,
    features: [],
    code: assemble({
      constants: {
        HEADS: u32(heads),
        FROM_DIM: u32(from.dim),
        FROM_COLUMN: u32(from.column),
        FROM_STRIDE: u32(from.stride),
        TO_DIM: u32(to.dim),
        TO_COLUMN: u32(to.column),
        TO_STRIDE: u32(to.stride),
        WORKGROUP: u32(WORKGROUP),
      },
      source,
    }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [ceilDiv(heads * to.dim, WORKGROUP), count, 1],
  };
}
