import { describe, expect, test } from 'vitest';
import { uniform } from '../../shaders/random.ts';
import type { BufferRef, Dispatch, Value } from './dispatch.ts';
import { placeValues } from './placement.ts';

function dispatch(label: string, ...values: Value[]): Dispatch {
  const buffers = Object.fromEntries(values.map((value, i): [string, BufferRef] => [`b${i}`, { kind: 'value', value }]));
  return { kernel: { label, features: [], code: '', bindings: [], workgroups: () => [1, 1, 1] }, buffers, singleRow: false, output: false };
}

const value = (label: string, bytes = 16, inPlaceOf?: Value): Value => ({ label, bytes, ...(inPlaceOf && { inPlaceOf }) });

describe('placeValues', () => {
  test('a buffer is used again once its value is dead, never within the dispatch that reads it last', () => {
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((label) => value(label));
    const { bufferOf, sizes } = placeValues([dispatch('1', a, b), dispatch('2', b, c), dispatch('3', c, d)], []);
    expect(sizes.length).toBe(2);
    expect([a, b, c, d].map((each) => bufferOf.get(each))).toEqual([0, 1, 0, 1]);
  });

  test('takes the smallest free buffer that is large enough, else lets the largest grow', () => {
    const [small, large, last, fits, grows] = [value('small', 16), value('large', 64), value('last', 16), value('fits', 32), value('grows', 128)];
    const { bufferOf, sizes } = placeValues([dispatch('1', small, large), dispatch('2', last), dispatch('3', last, fits), dispatch('4', grows)], []);
    expect(bufferOf.get(fits)).toBe(bufferOf.get(large));
    expect(bufferOf.get(grows)).toBe(bufferOf.get(large));
    expect(sizes.toSorted((a, b) => a - b)).toEqual([16, 128]);
  });

  test('what is kept lives until the end', () => {
    const [result, other] = [value('result'), value('other')];
    const { bufferOf } = placeValues([dispatch('1', result), dispatch('2', other)], [result]);
    expect(bufferOf.get(other)).not.toBe(bufferOf.get(result));
  });

  test('in place means in the same buffer, which lives as long as the newest value there', () => {
    const x = value('x');
    const y = value('y', 16, x);
    const z = value('z', 16, y);
    const other = value('other');
    const { bufferOf } = placeValues([dispatch('1', x), dispatch('2', y), dispatch('3', z, other), dispatch('4', z)], []);
    expect(new Set([x, y, z].map((each) => bufferOf.get(each) ?? bufferOf.get(x)))).toEqual(new Set([bufferOf.get(x)]));
    expect(bufferOf.get(other)).not.toBe(bufferOf.get(x));
  });

  test('refuses to read what was overwritten, also where a second value takes its place', () => {
    const x = value('x');
    const y = value('y', 16, x);
    const late = value('late', 16, x);
    expect(() => placeValues([dispatch('1', x), dispatch('2', y), dispatch('3', x)], [])).toThrow('3 reads x, which y has overwritten');
    expect(() => placeValues([dispatch('1', x), dispatch('2', y), dispatch('3', late)], [])).toThrow('3 reads x, which y has overwritten');
    // A weight in several chunks writes its parts one after the other.
    expect(() => placeValues([dispatch('1', x), dispatch('2', y), dispatch('3', y)], [])).not.toThrow();
  });

  test('over random programs no two values that live at once share a buffer, and each fits', () => {
    const next = uniform(3);
    for (let round = 0; round < 60; round++) {
      const values = Array.from({ length: 12 }, (_, i) => value(`v${i}`, 16 * (1 + Math.floor(next() * 8))));
      const dispatches = Array.from({ length: 10 }, (_, i) => dispatch(String(i), ...values.filter(() => next() < 0.2)));
      const keep = [values[0]].filter((each) => dispatches.some(({ buffers }) => Object.values(buffers).some((ref) => ref.kind === 'value' && ref.value === each)));
      const { bufferOf, sizes } = placeValues(dispatches, keep);
      const lives = values.map((each) => {
        const uses = dispatches.flatMap(({ buffers }, i) => (Object.values(buffers).some((ref) => ref.kind === 'value' && ref.value === each) ? [i] : []));
        return { each, first: uses[0], last: keep.includes(each) ? dispatches.length : uses.at(-1) };
      });
      for (const a of lives) {
        const buffer = bufferOf.get(a.each);
        if (a.first === undefined || a.last === undefined || buffer === undefined) continue;
        expect(sizes[buffer]).toBeGreaterThanOrEqual(a.each.bytes);
        for (const b of lives) {
          if (a === b || b.first === undefined || b.last === undefined || b.first > a.last || a.first > b.last) continue;
          expect(bufferOf.get(b.each)).not.toBe(buffer);
        }
      }
    }
  });
});
