import { describe, expect, test } from 'vitest';
import { halfFromNumber, halfToNumber, packHalves } from './half.ts';

describe('halves', () => {
  test('all finite halves survive', () => {
    for (let bits = 0; bits < 0x7c00; bits++) {
      const value = halfToNumber(bits);
      if (halfFromNumber(value) !== bits || halfFromNumber(-value) !== (bits | 0x8000)) expect.fail(`half ${bits} became ${halfFromNumber(value)}`);
    }
  });

  test('round to the nearest, ties to even', () => {
    const ulp = 2 ** -10;
    expect([1 + ulp / 2, 1 + 1.5 * ulp, 1 + 0.51 * ulp, 65519, 65520, -2, 2 ** -25, 1.5 * 2 ** -24].map(halfFromNumber)).toEqual([0x3c00, 0x3c02, 0x3c01, 0x7bff, 0x7c00, 0xc000, 0, 2]);
  });

  test('pack with the first one in the lower bits', () => {
    expect([...packHalves([1, -2, 0.5])]).toEqual([0xc0003c00, 0x3800]);
    expect([...packHalves([NaN])]).toEqual([0x7e00]);
  });
});
