import { expect, test } from 'vitest';
import { pythonPattern } from './python-pattern.ts';

test.each<[string, string, boolean]>([
  ['.*in_proj_[ab]$', 'model.layers.0.linear_attn.in_proj_a', true],
  ['.*in_proj_[ab]$', 'model.layers.0.linear_attn.in_proj_ab', false],
  ['model', 'model.layers', true],
  ['layers', 'model.layers', false],
  ['a|model', 'model', true],
  ['.*\\.layers\\.\\d+\\.mlp', 'model.layers.12.mlp.up', true],
  ['(?!.*visual).*proj', 'model.proj', true],
  ['(?!.*visual).*proj', 'visual.proj', false],
  ['\\Amodel\\Z', 'model', true],
  ['\\Amodel\\Z', 'model.a', false],
  ['(?P<side>up|down)_(?P=side)$', 'up_up', true],
  ['(?P<side>up|down)_(?P=side)$', 'up_down', false],
  ['a{,2}b', 'aab', true],
  ['a{,2}b', 'aaab', false],
  ['[]x]+$', ']x]', true],
  ['[^]x]+$', 'ab', true],
  ['[^]x]+$', 'a]', false],
  ['[\\]A]Z', 'AZ', true],
  ['\\\\Z', '\\Z', true],
  ['(?i)MODEL', 'model', true],
  ['(?:a|b)\\.c', 'b.c', true],
])('%s on %s: %s', (pattern, name, matches) => {
  expect(pythonPattern(pattern)?.(name)).toBe(matches);
});

test.each(['(', '[', '*a', '(?P<1>a)', 'a)', '(?x) a b', '(?(1)a|b)', 'a{2,1}'])('%s is not understood', (pattern) => {
  expect(pythonPattern(pattern)).toBeUndefined();
});

test('a test can be used again', () => {
  const matches = pythonPattern('a+');
  expect([matches?.('aaa'), matches?.('aa'), matches?.('ba')]).toEqual([true, true, false]);
});
