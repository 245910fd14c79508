import { expect, test } from 'vitest';
import { Places } from './places.ts';

test('places keep to their budget: what was not needed for longest goes first, a new one takes the place of its namesake', () => {
  const disposed: string[] = [];
  const snapshot = (name: string, bytes: number) => ({ length: 1, bytes, dispose: () => void disposed.push(name) });
  const places = new Places(100);
  places.keep('a', snapshot('first a', 40));
  places.keep('b', snapshot('b', 40));
  places.keep('a', snapshot('a', 40));
  expect(disposed).toEqual(['first a']);
  expect(places.get('b')?.bytes).toBe(40);
  places.keep('c', snapshot('c', 40));
  expect(disposed).toEqual(['first a', 'a']);
  places.keep('d', snapshot('d', 101));
  expect(places.empty).toBe(true);
  expect(disposed).toEqual(['first a', 'a', 'b', 'c', 'd']);
});
