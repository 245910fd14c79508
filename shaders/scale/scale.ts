import { assemble, bool, ceilDiv, f32, roundUp, u32, type Kernel } from '../kernel.ts';
import source from './scale.wgsl?raw';

export interface ScaleVariant {
  /** Elements of a row of x. */
  readonly width: number;
  readonly factor: number;
  /** Adds to what out holds instead of overwriting it. */
  readonly accumulate?: boolean;
  /** Where out is wider than x: elements of its rows, and the column that the first of x goes to. */
  readonly place?: { readonly width: number; readonly offset: number };
}

const WORKGROUP = 128;

/** x [T, width] times a constant; rows are padded to a multiple of four. Columns of out beside it stay as they are. */
export function scale({ width, factor, accumulate = false, place = { width, offset: 0 } }: ScaleVariant): Kernel {
  const { offset } = place;
  if (offset + width > place.width) throw new RangeError(`scale: columns ${offset}+${width} exceed rows of ${place.width}`);
  return {
    label: `scale/${width}${factor === 1 ? '' : `/times${factor}`}${accumulate ? '/accumulate' : ''}${place.width === width ? '' : `/at${offset}of${place.width}`}`,
    features: [],
    code: assemble({
      constants: { WIDTH: u32(width), STRIDE: u32(roundUp(width, 4)), OUT_STRIDE: u32(roundUp(place.width, 4)), OFFSET: u32(offset), FACTOR: f32(factor), ACCUMULATE: bool(accumulate), WORKGROUP: u32(WORKGROUP) },
      source,
    }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [ceilDiv(width, WORKGROUP), count, 1],
  };
}
