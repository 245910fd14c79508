import { describe, expect, test } from 'vitest';
import type { PlainRotary } from './plain-rotary.ts';
import { rotaryTable } from './rotary-table.ts';
import { scaledFrequencies, type RotaryScaling } from './scaled-frequencies.ts';

const frequencies = (rotary: RotaryScaling & PlainRotary): Float64Array => scaledFrequencies(rotary, rotary);

describe('rotaryTable', () => {
  test('holds cosine and sine of position · theta^(-2i/dim)', () => {
    const table = rotaryTable({ type: 'default', theta: 10_000, rotaryDim: 4 }, 3);
    // Frequencies 1 and 1/100; position 0 does not turn, position 2 turns by 2 and 0.02 radians.
    const expected = [1, 0, 1, 0, 0.5403023, 0.841471, 0.99995, 0.0099998333, -0.41614684, 0.9092974, 0.9998, 0.019998667];
    expect(table).toHaveLength(12);
    expected.forEach((value, i) => expect(table[i]).toBeCloseTo(value, 6));
  });

  test('stays exact at far positions, where f32 angles are off by 1e-3', () => {
    const table = rotaryTable({ type: 'default', theta: 10_000, rotaryDim: 2 }, 100_001);
    // 100,000 radians are 15,915 turns and 3.1058362 radians.
    const rest = 100_000 - 15_915 * 2 * Math.PI;
    expect(table[200_000]).toBeCloseTo(Math.cos(rest), 7);
    expect(table[200_001]).toBeCloseTo(Math.sin(rest), 7);
  });

  test('multiplies YaRN’s attention factor into cosine and sine', () => {
    const yarn = { type: 'yarn', theta: 10_000, rotaryDim: 2, factor: 4, originalMaxPositionEmbeddings: 4096, betaFast: 32, betaSlow: 1, truncate: true, attentionFactor: 1.25 } as const;
    const [frequency] = frequencies(yarn);
    const table = rotaryTable({ ...yarn, frequencies: frequencies(yarn) }, 2);
    expect(table[0]).toBe(1.25);
    expect(table[2]).toBeCloseTo(1.25 * Math.cos(frequency), 6);
    expect(table[3]).toBeCloseTo(1.25 * Math.sin(frequency), 6);
  });
});

describe('scaledFrequencies', () => {
  test('linear divides all of them', () => {
    expect([...frequencies({ type: 'linear', factor: 8, theta: 10_000, rotaryDim: 4 })]).toEqual([0.125, 0.00125]);
  });

  test('llama3 keeps short wavelengths, stretches long ones and blends those between', () => {
    // theta 1e8 over 4 pairs: frequencies 1, 1e-2, 1e-4, 1e-6; wavelengths 6.28, 628, 62,832, 6,283,185.
    // With 1,000 positions and factors 1 and 4, wavelengths below 250 are kept and those above 1,000 divided by 8.
    const [kept, blended, ...stretched] = frequencies({ type: 'llama3', theta: 1e8, rotaryDim: 8, factor: 8, lowFreqFactor: 1, highFreqFactor: 4, originalMaxPositionEmbeddings: 1000 });
    expect(kept).toBe(1);
    // 1000 / 628.3185 = 1.5915494; (1.5915494 - 1) / 3 = 0.19718314; 0.80281686 · 0.00125 + 0.19718314 · 0.01.
    expect(blended).toBeCloseTo(0.0029753525, 10);
    expect(stretched[0]).toBeCloseTo(1.25e-5, 15);
    expect(stretched[1]).toBeCloseTo(1.25e-7, 15);
  });

  // dim 8, theta 1e4, 4,096 positions: 32 turns fall on dimension 4·ln(20.371833)/ln(1e4) = 1.3090301 and one turn on 4·ln(651.89865)/ln(1e4) = 2.8141801.
  const yarn = { type: 'yarn', theta: 10_000, rotaryDim: 8, factor: 4, originalMaxPositionEmbeddings: 4096, betaFast: 32, betaSlow: 1, attentionFactor: 1 } as const;

  test('yarn ramps between whole dimensions', () => {
    // Ramp from 1 to 3: pair 2 is half-way, (0.25 + 1) / 2 of 0.01.
    const [first, second, third, fourth] = frequencies({ ...yarn, truncate: true });
    expect(first).toBe(1);
    expect(second).toBeCloseTo(0.1, 12);
    expect(third).toBeCloseTo(0.00625, 12);
    expect(fourth).toBeCloseTo(0.00025, 12);
  });

  test('yarn without truncation ramps between the dimensions themselves', () => {
    // Pair 2: (2 - 1.3090301) / (2.8141801 - 1.3090301) = 0.45907046 stretched: 0.01 · (1 - 0.75 · 0.45907046).
    const [first, second, third, fourth] = frequencies({ ...yarn, truncate: false });
    expect(first).toBe(1);
    expect(second).toBeCloseTo(0.1, 12);
    expect(third).toBeCloseTo(0.0065569715, 9);
    expect(fourth).toBeCloseTo(0.00025, 12);
  });

  test('yarn’s ramp is a jump where both ends are one dimension', () => {
    const jump = frequencies({ ...yarn, truncate: false, betaFast: 4, betaSlow: 4 });
    expect(jump[2]).toBeCloseTo(0.01, 12);
    expect(jump[3]).toBeCloseTo(0.00025, 12);
  });
});
