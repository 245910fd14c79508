import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { badValue } from './module-tensors.ts';
import type { RowConverter } from './packing.ts';
import { copiedRows } from './row-codes.ts';

/** Index of the first byte that is a NaN of E4M3FN (0x7f or 0xff), or −1. */
export function firstFp8Nan(bytes: Uint8Array<ArrayBuffer>): number {
  const head = Math.min(bytes.length, -bytes.byteOffset & 3);
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + head, (bytes.length - head) >> 2);
  // Adding 1 to seven bits carries into the eighth where all were set, and nowhere else.
  let found = 0;
  for (let i = 0; i < words.length; i++) found |= ((words[i] & 0x7f7f7f7f) + 0x01010101) & 0x80808080;
  const isNan = (byte: number): boolean => (byte & 0x7f) === 0x7f;
  const ends = bytes.subarray(0, head).some(isNan) || bytes.subarray(head + 4 * words.length).some(isNan);
  return found !== 0 || ends ? bytes.findIndex(isNan) : -1;
}

/** Signed bytes [N, K]. */
export const int8Codes = (inputs: number): RowConverter => copiedRows({ bits: 8, inputs, unit: 'bytes', padding: 0 });

/** E4M3FN [N, K]. The converter throws `CheckpointError` for NaN. */
export function fp8Codes(tensor: TensorInfo, inputs: number): RowConverter {
  const copy = int8Codes(inputs);
  return (bytes, first, count) => {
    const nan = firstFp8Nan(bytes.subarray(first * inputs, (first + count) * inputs));
    if (nan >= 0) throw badValue(tensor, 'holds a weight that is not a number; the file is damaged', first + Math.floor(nan / inputs));
    return copy(bytes, first, count);
  };
}

/** E2M1, two in a byte [N, K / 2], the first in the low bits. */
export const fp4Codes = (inputs: number): RowConverter => copiedRows({ bits: 4, inputs, unit: 'bytes', padding: 0 });
