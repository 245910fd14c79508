import { expect, test } from 'vitest';
import { unexpectedTensors } from './select-tensors.ts';

test('unexpectedTensors gives what is neither used nor ignored', () => {
  const names = ['model.a', 'model.b', 'mtp.0', 'mtp.1', 'model.rotary.inv_freq', 'extra'];
  // A pattern with state must not skip every other name.
  expect(unexpectedTensors(names, new Set(['model.a', 'model.b']), [/^mtp\./g, /inv_freq$/])).toEqual(['extra']);
  expect(unexpectedTensors(names, new Set(names), [])).toEqual([]);
});
