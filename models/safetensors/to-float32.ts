import { CheckpointError } from '../errors/checkpoint-error.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { DTYPE_BYTES } from './dtypes.ts';

type FloatDtype = 'F64' | 'F32' | 'F16' | 'BF16';

/**
 * Elements `start` to `start + count` of a floating-point tensor as f32. BF16 and F16 are exact, F64 is rounded.
 * F32 may share memory with `bytes`.
 *
 * @param bytes All of the tensor's bytes, at any alignment.
 * @throws CheckpointError `checkpoint/unsupported-dtype` for integers and 8-bit formats, whose meaning needs their scales.
 */
export function toFloat32(tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>, start = 0, count?: number): Float32Array<ArrayBuffer> {
  const { name, byteLength } = tensor;
  const dtype = checkFloat(tensor);
  const width = DTYPE_BYTES[dtype];
  const length = count ?? byteLength / width - start;
  if (bytes.length !== byteLength || start < 0 || length < 0 || !Number.isInteger(start) || !Number.isInteger(length) || (start + length) * width > byteLength) {
    throw new RangeError(`${name}: elements ${start} to ${start + length} of ${bytes.length} bytes are not inside its ${byteLength / width} elements of ${byteLength} bytes`);
  }
  const wanted = aligned(bytes.subarray(start * width, (start + length) * width), width);
  switch (dtype) {
    case 'F32':
      return new Float32Array(wanted.buffer, wanted.byteOffset, length);
    case 'F64':
      return new Float32Array(new Float64Array(wanted.buffer, wanted.byteOffset, length));
    case 'BF16':
      return widenBf16(new Uint16Array(wanted.buffer, wanted.byteOffset, length));
    case 'F16':
      return widenF16(new Uint16Array(wanted.buffer, wanted.byteOffset, length));
    default:
      return dtype satisfies never;
  }
}

/** The tensor's dtype, which is one that `toFloat32` reads. Throws as it does. */
export function checkFloat({ name, dtype, file }: TensorInfo): FloatDtype {
  if (isFloat(dtype)) return dtype;
  throw new CheckpointError('unsupported-dtype', `has dtype ${dtype}, which is no plain number format; expected F32, F16, BF16 or F64`, { file, tensor: name });
}

export function isFloat(dtype: string): dtype is FloatDtype {
  return dtype === 'F64' || dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}

function aligned(bytes: Uint8Array<ArrayBuffer>, width: number): Uint8Array<ArrayBuffer> {
  return bytes.byteOffset % width === 0 ? bytes : bytes.slice();
}

/** bfloat16 is the upper half of an f32. */
function widenBf16(halves: Uint16Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = halves[i] << 16;
  return new Float32Array(words.buffer);
}

function widenF16(halves: Uint16Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
  const table = f16Table();
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) words[i] = table[halves[i]];
  return new Float32Array(words.buffer);
}

let cachedTable: Uint32Array | undefined;

/** The f32 bits of every f16 (IEEE 754 binary16). */
function f16Table(): Uint32Array {
  return (cachedTable ??= Uint32Array.from({ length: 65536 }, (_, half) => f16ToF32Bits(half)));
}

function f16ToF32Bits(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return (sign | 0x7f800000 | (fraction << 13)) >>> 0;
  if (exponent > 0) return (sign | ((exponent + 112) << 23) | (fraction << 13)) >>> 0;
  if (fraction === 0) return sign >>> 0;
  // Subnormal: shift the leading one up to where f32 implies it.
  const shift = Math.clz32(fraction) - 21;
  return (sign | ((113 - shift) << 23) | (((fraction << shift) & 1023) << 13)) >>> 0;
}
