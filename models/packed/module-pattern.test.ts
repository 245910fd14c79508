import { expect, test } from 'vitest';
import { namesAny } from './module-pattern.ts';

test.each<[string, string, boolean]>([
  ['lm_head', 'lm_head', true],
  ['lm_head', 'model.lm_head', true],
  ['lm_head', 'model.lm_head_2', false],
  ['mlp.gate', 'model.layers.0.mlp.gate', true],
  ['mlp.gate', 'model.layers.0.mlp.gate_proj', false],
  ['mlp.gate.', 'model.layers.0.mlp.gate', true],
  ['visual', 'model.visual.blocks.0.attn.qkv', true],
  ['model.layers.*.self_attn', 'model.layers.12.self_attn.q_proj', true],
  ['model.layers.*.self_attn', 'model.layers.12.mlp.up_proj', false],
  ['*.linear_attn*', 'model.layers.1.linear_attn.in_proj_a', true],
  ['model.layers.1', 'model.layers.11.mlp', false],
  ['a+(b', 'a+(b', true],
])('%s on %s: %s', (entry, name, matches) => {
  expect(namesAny([entry])(name)).toBe(matches);
});

test('any entry of a list', () => {
  expect(namesAny(['a', 'b'])('model.b')).toBe(true);
  expect(namesAny([])('model.b')).toBe(false);
});
