import { roundUp } from '../../shaders/kernel.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { badValue } from './module-tensors.ts';
import type { RowConverter } from './packing.ts';

/** Writes into `zeros` the zero points of a group for rows from `first` on, counted from the smallest code. */
export type ZeroReader = (bytes: Uint8Array<ArrayBuffer>, group: number, first: number, zeros: Int16Array) => void;

/** Calls `each` with the zero points of some rows, group by group. */
function forGroups(bytes: Uint8Array<ArrayBuffer>, groups: number, read: ZeroReader, first: number, count: number, each: (zeros: Int16Array, group: number) => void): void {
  const zeros = new Int16Array(count);
  for (let group = 0; group < groups; group++) {
    read(bytes, group, first, zeros);
    each(zeros, group);
  }
}

/** A tensor of zero points as the plane `zeros`, a byte each. The converter throws `CheckpointError` for one that is not from 0 to `largest`. */
export function zeroPlane(tensor: TensorInfo, groups: number, read: ZeroReader, largest = 255): RowConverter {
  const stride = roundUp(groups, 4);
  return (bytes, first, count) => {
    const plane = new Uint8Array(count * stride);
    forGroups(bytes, groups, read, first, count, (zeros, group) => {
      for (let row = 0; row < count; row++) {
        const zero = zeros[row];
        if (zero < 0 || zero > largest) throw badValue(tensor, `holds a zero point ${zero} above the smallest code; 0 to ${largest} are possible`, first + row);
        plane[row * stride + group] = zero;
      }
    });
    return { zeros: plane };
  };
}

/** Makes no plane, but throws `CheckpointError` unless every zero point is `expected`, as a symmetric format has it. */
export function impliedZeros(tensor: TensorInfo, groups: number, read: ZeroReader, expected: number): RowConverter {
  return (bytes, first, count) => {
    forGroups(bytes, groups, read, first, count, (zeros) => {
      const row = zeros.findIndex((zero) => zero !== expected);
      if (row >= 0) throw badValue(tensor, `holds the zero point ${zeros[row]}, but the quantization_config says that weights are symmetric, with zero at ${expected}`, first + row);
    });
    return {};
  };
}
