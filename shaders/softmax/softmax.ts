import { assemble, roundUp, u32, type Kernel } from '../kernel.ts';
import source from './softmax.wgsl?raw';

export interface SoftmaxVariant {
  /** Neighbouring parts of a row, each with a softmax of its own. */
  readonly parts: number;
  /** Elements of a part. */
  readonly dim: number;
  /** Row length of x, and the column of its first part. */
  readonly stride: number;
  readonly column: number;
}

const WORKGROUP = 64;

/** Softmax of each of `parts` parts of the rows of x [T, stride]; rows of out [T, parts · dim] are padded to a multiple of four. Throws `RangeError` for columns beyond a row. */
export function softmax({ parts, dim, stride, column }: SoftmaxVariant): Kernel {
  if (column + parts * dim > stride) throw new RangeError(`softmax: columns ${column}+${parts * dim} exceed rows of ${stride}`);
  return {
    label: `softmax/${parts}x${dim}@${column}of${stride}`,
    features: [],
    code: assemble({ constants: { DIM: u32(dim), STRIDE: u32(stride), COLUMN: u32(column), OUT_STRIDE: u32(roundUp(parts * dim, 4)), WORKGROUP: u32(WORKGROUP) }, source }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [parts, count, 1],
  };
}
