import { describe, expect, test } from 'vitest';
import { bytesPerRow } from '../../shaders/dequant/formats.ts';
import { decodeRows, fp8ToNumber } from '../../shaders/dequant/reference.ts';
import { normal, uniform } from '../../shaders/random.ts';
import { halfFromNumber, halfToNumber } from '../../shaders/common/half.ts';
import { packRows } from './pack-rows.ts';
import { PACKABLE_FORMATS, type PackableFormat } from './packer.ts';
import { UnpackableWeightError } from './unpackable-weight-error.ts';

const ROWS = 7;
const QUANTISED = ['int8', 'int4', 'fp8'] as const;

const roundTrip = (format: PackableFormat, values: Float32Array, rows: number, inputs: number): Float32Array =>
  decodeRows(format, packRows(format, values, rows, inputs), rows, inputs);

/** Normal numbers whose size varies from row to row and that are sometimes far larger. */
function heavyTailed(length: number, seed: number): Float32Array<ArrayBuffer> {
  const next = uniform(seed);
  return normal(length, seed + 1, 0.02).map((value) => (next() < 0.01 ? 30 * value : value) * 4 ** Math.floor(3 * next()));
}

/** Largest error that a weight may have in a group or row whose largest magnitude is `largest`. */
const BOUND: Readonly<Record<PackableFormat, (value: number, largest: number) => number>> = {
  f32: () => 0,
  f16: (value) => Math.max(Math.abs(value) * 2 ** -11, 2 ** -25),
  int8: (_, largest) => (0.501 * largest) / 127 + (largest / 127) * 127 * 2 ** -11,
  int4: (_, largest) => largest / 7,
  fp8: (value, largest) => Math.max(Math.abs(value) * 2 ** -4, ((largest / 448) * 1.0001) * 2 ** -10) * 1.0001,
};

describe.each(PACKABLE_FORMATS)('%s', (format) => {
  test.each([1, 31, 32, 63, 100, 513])('K = %d: sizes, error bounds, zero padding', (inputs) => {
    const values = heavyTailed(ROWS * inputs, inputs);
    const planes = packRows(format, values, ROWS, inputs);
    expect(Object.values(planes).reduce((sum, plane) => sum + plane.length, 0)).toBe(ROWS * bytesPerRow(format, inputs));
    const padded = Math.ceil(inputs / 32) * 32;
    const decoded = decodeRows(format, planes, ROWS, padded);
    for (let row = 0; row < ROWS; row++) {
      for (let k = 0; k < padded; k++) {
        if (k >= inputs) {
          expect(Math.abs(decoded[row * padded + k])).toBe(0);
          continue;
        }
        const first = format === 'fp8' ? 0 : k - (k % 32);
        const last = format === 'fp8' ? inputs : Math.min(first + 32, inputs);
        const largest = values.subarray(row * inputs + first, row * inputs + last).reduce((max, value) => Math.max(max, Math.abs(value)), 0);
        const value = values[row * inputs + k];
        expect(Math.abs(decoded[row * padded + k] - value)).toBeLessThanOrEqual(BOUND[format](value, largest));
      }
    }
  });

  test('rows do not depend on each other', () => {
    const values = heavyTailed(ROWS * 100, 5);
    const whole = packRows(format, values, ROWS, 100);
    const third = packRows(format, values.subarray(200, 300), 1, 100);
    for (const [name, plane] of Object.entries(third)) expect(plane).toEqual(whole[name].subarray(2 * plane.length, 3 * plane.length));
  });

  test('packing what was decoded decodes to the same', () => {
    const once = roundTrip(format, heavyTailed(64 * 100, 9), 64, 100);
    const twice = roundTrip(format, once, 64, 100);
    // By value: the sign of a zero may change.
    expect(twice.findIndex((value, i) => value !== once[i])).toBe(-1);
  });

  test('zeros stay zeros', () => {
    expect(roundTrip(format, new Float32Array(200), 2, 100).every((value) => value === 0)).toBe(true);
  });

  test.each([1e-45, 1e-38, 1e-20, 1e-9, 1e-5, 1000])('magnitudes of %d', (size) => {
    const values = normal(128, 3).map((value) => value * size);
    const decoded = roundTrip(format, values, 2, 64);
    const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    decoded.forEach((value, i) => expect(Math.abs(value - values[i])).toBeLessThanOrEqual(largest / 7 + 2 ** -25));
  });

  test.each([NaN, Infinity, -Infinity])('%d is refused, and found', (bad) => {
    const values = normal(300, 1);
    values[237] = bad;
    const attempt = (): unknown => packRows(format, values, 3, 100);
    expect(attempt).toThrow(UnpackableWeightError);
    expect(attempt).toThrow(expect.objectContaining({ format, row: 2, column: 37, value: bad }));
  });
});

test.each(['f16', 'int8', 'int4'] as const)('%s refuses what its halves cannot hold', (format) => {
  const values = normal(64, 1);
  values[40] = -1e30;
  expect(() => packRows(format, values, 2, 32)).toThrow(expect.objectContaining({ code: 'unpackable-weight', row: 1, column: 8 }));
});

test.each([['int8', 42], ['int4', 18], ['fp8', 30]] as const)('%s keeps the signal %d dB above the noise of normal weights', (format, decibels) => {
  const values = normal(32 * 256, 4, 0.02);
  const decoded = roundTrip(format, values, 8, 1024);
  const power = values.reduce((sum, value) => sum + value * value, 0);
  const noise = values.reduce((sum, value, i) => sum + (value - decoded[i]) ** 2, 0);
  expect(10 * Math.log10(power / noise)).toBeGreaterThan(decibels);
});

test('every half survives', () => {
  for (let half = 0; half < 0x10000; half++) {
    if ((half & 0x7fff) > 0x7c00) continue;
    expect(halfFromNumber(halfToNumber(half))).toBe(half);
  }
});

test('halves are rounded to nearest, ties to even', () => {
  for (let half = 0; half < 0x7bff; half += 7) {
    const low = halfToNumber(half);
    const step = halfToNumber(half + 1) - low;
    expect(halfFromNumber(low + step * 0.499)).toBe(half);
    expect(halfFromNumber(low + step * 0.5)).toBe(half + (half & 1));
    expect(halfFromNumber(-low - step * 0.501)).toBe(0x8000 | (half + 1));
  }
  expect(halfFromNumber(65519.99)).toBe(0x7bff);
  expect(halfFromNumber(65520)).toBe(0x7c00);
});

test('every fp8 code survives, and what lies between goes to the nearer one', () => {
  const codes = Array.from({ length: 127 }, (_, code) => code);
  const values = codes.map(fp8ToNumber);
  const between = codes.slice(1).map((code) => values[code - 1] + 0.501 * (values[code] - values[code - 1]));
  // The last of each row fixes its scale at 1.
  const packed = packRows('fp8', Float32Array.from([...values, ...between.map((value) => -value), 448]), 1, 254).quants;
  expect([...packed.subarray(0, 127)]).toEqual(codes);
  expect([...packed.subarray(127, 253)]).toEqual(codes.slice(1).map((code) => 0x80 | code));
});

test.each(QUANTISED)('%s: a weight that is alone in its group keeps all that its scale can say', (format) => {
  const values = new Float32Array(32);
  values[5] = -3.7;
  // Scales of groups have 8 significant bits.
  expect(Math.abs(roundTrip(format, values, 1, 32)[5] / -3.7 - 1)).toBeLessThanOrEqual(2 ** -9);
});
