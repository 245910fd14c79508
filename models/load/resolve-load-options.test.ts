import { expect, test } from 'vitest';
import { InvalidOptionError } from '../../engine/errors/invalid-option-error.ts';
import type { LoadOptions } from './load-options.ts';
import { resolveLoadOptions } from './resolve-load-options.ts';

test('the KV cache is stored as precision says, unless it has an option of its own', () => {
  expect(resolveLoadOptions({}).kvCache).toBe('f16');
  expect(resolveLoadOptions({ precision: 'f32' }).kvCache).toBe('f32');
  expect(resolveLoadOptions({ precision: 'f32', kvCache: 'int4' })).toMatchObject({ precision: 'f32', kvCache: 'int4' });
});

test.each([
  ['quantize', 'int5'],
  ['quantizeEmbeddings', 'f16'],
  ['precision', 'int8'],
  ['kvCache', 'fp8'],
  ['kvCache', 'none'],
  ['contextLength', 0],
  ['prefillChunk', 1.5],
])('what is no %s: %s', (option, value) => {
  const options: LoadOptions = { [option]: value };
  expect(() => resolveLoadOptions(options)).toThrow(expect.objectContaining({ option, value }));
  expect(() => resolveLoadOptions(options)).toThrow(InvalidOptionError);
});
