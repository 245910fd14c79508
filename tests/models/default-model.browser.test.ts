import { expect, test } from 'vitest';
import { fetchFolder, readTensors } from './checkpoint-folder.ts';
import { logitsOf, relativeRms } from './load-checks.ts';

test('the default model is what transformers makes of its decoded weights', async () => {
  const { 'expected.safetensors': file } = await fetchFolder('default', ['expected.safetensors']);
  const expected = new Map(readTensors(file).map(({ name, bytes }) => [name, bytes.slice().buffer]));
  const integers = (name: string): number[] => [...new Int32Array(expected.get(name) ?? new ArrayBuffer())];
  const tokens = integers('input_ids');
  const logits = await logitsOf({ url: new URL('/web/models/tales-24m/', location.href).href }, {}, tokens);
  const vocabulary = logits.length / tokens.length;
  const chosen = integers('positions').flatMap((position) => [...logits.subarray(position * vocabulary, (position + 1) * vocabulary)]);
  expect(relativeRms(Float32Array.from(chosen), new Float32Array(expected.get('logits') ?? new ArrayBuffer()))).toBeLessThanOrEqual(1e-4);
});
