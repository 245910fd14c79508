import { roundUp } from '../../shaders/kernel.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { badValue } from './module-tensors.ts';
import type { RowConverter } from './packing.ts';

/** Finds in a tensor's bytes the zero point of a row's group, counted from the smallest code. */
export type ZeroReader = (bytes: Uint8Array<ArrayBuffer>) => (row: number, group: number) => number;

/** `bits` bits of a stream of words, from bit `at` on. */
export function bitsAt(words: Int32Array, start: number, at: number, bits: number): number {
  const word = start + (at >> 5);
  const shift = at & 31;
  const low = words[word] >>> shift;
  return (shift + bits > 32 ? low | (words[word + 1] << (32 - shift)) : low) & ((1 << bits) - 1);
}

/** A tensor of zero points as the plane `zeros`, a byte each. The converter throws `CheckpointError` for one that no byte holds. */
export function zeroPlane(tensor: TensorInfo, groups: number, read: ZeroReader): RowConverter {
  const stride = roundUp(groups, 4);
  return (bytes, first, count) => {
    const zeroOf = read(bytes);
    const zeros = new Uint8Array(count * stride);
    for (let row = 0; row < count; row++) {
      for (let group = 0; group < groups; group++) {
        const zero = zeroOf(first + row, group);
        if (zero > 255) throw badValue(tensor, `holds the zero point ${zero}, which is no 8-bit code`, first + row);
        zeros[row * stride + group] = zero;
      }
    }
    return { zeros };
  };
}

/** Makes no plane, but throws `CheckpointError` unless every zero point is `expected`, as a symmetric format has it. */
export function impliedZeros(tensor: TensorInfo, groups: number, read: ZeroReader, expected: number): RowConverter {
  return (bytes, first, count) => {
    const zeroOf = read(bytes);
    for (let row = first; row < first + count; row++) {
      for (let group = 0; group < groups; group++) {
        const zero = zeroOf(row, group);
        if (zero !== expected) throw badValue(tensor, `holds the zero point ${zero}, but the quantization_config says that weights are symmetric, with zero at ${expected}`, row);
      }
    }
    return {};
  };
}
