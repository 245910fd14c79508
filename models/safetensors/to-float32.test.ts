import { describe, expect, test } from 'vitest';
import { uniform } from '../../shaders/random.ts';
import { CheckpointError } from '../errors/checkpoint-error.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { toFloat32 } from './to-float32.ts';

function info(dtype: string, length: number, width: number): TensorInfo {
  return { name: 'w', dtype, shape: [length], byteLength: length * width, file: 'f', offset: 0 };
}

/** The value of a small float from its definition: sign, exponent bits with this bias, fraction bits. */
function decode(bits: number, exponentBits: number, fractionBits: number): number {
  const sign = bits >> (exponentBits + fractionBits) ? -1 : 1;
  const exponent = (bits >> fractionBits) & (2 ** exponentBits - 1);
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  if (exponent === 2 ** exponentBits - 1) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - bias) * (1 + fraction) : 2 ** (1 - bias) * fraction);
}

const allHalves = Uint16Array.from({ length: 65536 }, (_, i) => i);

describe('toFloat32', () => {
  test.each([
    ['F16', 5, 10],
    ['BF16', 8, 7],
  ])('decodes every %s exactly', (dtype, exponentBits, fractionBits) => {
    const actual = toFloat32(info(dtype, 65536, 2), new Uint8Array(allHalves.buffer));
    for (let i = 0; i < 65536; i++) {
      const expected = decode(i, exponentBits, fractionBits);
      if (!Object.is(actual[i], expected)) expect.fail(`${dtype} 0x${i.toString(16)} is ${actual[i]}, expected ${expected}`);
    }
  });

  test.each([
    ['BF16', 2],
    ['F16', 2],
    ['F32', 4],
    ['F64', 8],
  ])('%s at any alignment, whole and in part', (dtype, width) => {
    const next = uniform(width);
    const length = 63;
    const source = Uint8Array.from({ length: length * width }, () => next() * 127);
    const expected = toFloat32(info(dtype, length, width), source);
    for (let shift = 1; shift < 8; shift++) {
      const buffer = new Uint8Array(shift + source.length);
      buffer.set(source, shift);
      const bytes = buffer.subarray(shift);
      expect(toFloat32(info(dtype, length, width), bytes)).toEqual(expected);
      expect(toFloat32(info(dtype, length, width), bytes, 5, 7)).toEqual(expected.slice(5, 12));
      expect(toFloat32(info(dtype, length, width), bytes, 60)).toEqual(expected.slice(60));
    }
  });

  test('rounds F64 and keeps F32 bit for bit', () => {
    const doubles = Float64Array.of(0.1, 1 / 3, -1e300, NaN, 1e-60);
    expect(toFloat32(info('F64', 5, 8), new Uint8Array(doubles.buffer))).toEqual(Float32Array.of(0.1, 1 / 3, -Infinity, NaN, 0));
    const singles = Float32Array.of(0.1, -0, 1e-45, Infinity);
    expect(toFloat32(info('F32', 4, 4), new Uint8Array(singles.buffer))).toEqual(singles);
  });

  test('refuses other dtypes by name', () => {
    const error = (() => {
      try {
        return toFloat32(info('I32', 4, 4), new Uint8Array(16));
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(CheckpointError);
    expect(error).toMatchObject({ code: 'checkpoint/unsupported-dtype', tensor: 'w', message: expect.stringContaining('I32') });
  });

  test('refuses elements outside the tensor', () => {
    const tensor = info('BF16', 4, 2);
    for (const [start, count] of [[-1, 2], [3, 2], [5, undefined], [0.5, 1]] as const) {
      expect(() => toFloat32(tensor, new Uint8Array(8), start, count)).toThrow(RangeError);
    }
    expect(() => toFloat32(tensor, new Uint8Array(6))).toThrow(RangeError);
  });
});
