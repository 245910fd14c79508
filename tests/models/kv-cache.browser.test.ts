import { describe, expect, test } from 'vitest';
import { loadModel, type KvFormat } from '../../index.ts';
import { CONFIG, readJson, toFiles } from './checkpoint-folder.ts';
import { logitsInPieces, logitsOf, relativeRms } from './load-checks.ts';
import { fetchReference } from './reference.ts';

type Format = Extract<KvFormat, 'int8' | 'int4'>;

/**
 * Relative RMS errors of the logits against a cache in f32; of int4 as measured, with a sixth to spare. The random layers of the arch fixtures
 * magnify every change: noise of 1 % in keys and values makes 2.8 % in qwen3's logits, and 1.3 % in llama's.
 */
const BOUNDS: Readonly<Record<string, Readonly<Record<Format, number>>>> = {
  'arch/qwen3': { int8: 0.01, int4: 0.18 },
  'arch/llama': { int8: 0.0054, int4: 0.083 },
  'real/stories260K': { int8: 0.0055, int4: 0.08 },
};
const options = { precision: 'f32', contextLength: 128 } as const;

describe.each(Object.entries(BOUNDS))('%s', (name, bounds) => {
  test.each(Object.entries(bounds) as [Format, number][])('with its keys and values in %s', async (kvCache, bound) => {
    const { folder, tokens } = await fetchReference(name);
    const exact = await logitsOf(toFiles(folder), options, tokens);
    const relRms = relativeRms(await logitsOf(toFiles(folder), { ...options, kvCache }, tokens), exact);
    console.log(`${name} ${kvCache}: relRms ${relRms.toFixed(5)}`);
    expect(relRms).toBeLessThan(bound);
    expect(relRms).toBeGreaterThan(1e-3);
  });
});

/** Fixtures and formats, and how often a number lands on the other side of the border between two codes because it was summed in another order. */
test.each([
  ['arch/qwen3', 'int8', 1e-3],
  ['arch/llama', 'int4', 1e-3],
  ['arch/qwen3_5_text', 'int8', 1e-2],
] as const)('%s with keys and values in %s does not depend on the chunks that a prompt is read in', async (name, kvCache, bound) => {
  const reference = await fetchReference(name);
  const { folder } = reference;
  const tokens = reference.tokens.slice(0, 100);
  const whole = await logitsOf(toFiles(folder), { ...options, kvCache }, tokens);
  const relRms = relativeRms(await logitsInPieces(toFiles(folder), { ...options, kvCache }, tokens, [1, 1, 7, 1, 7, 33, 1, 16]), whole);
  console.log(`${name} ${kvCache} in pieces: ${relRms.toExponential(1)}`);
  expect(relRms).toBeLessThan(bound);
});

test.each([
  ['f32', 4],
  ['f16', 2],
  ['int8', (16 + 4) / 16],
  ['int4', (8 + 4) / 16],
] as const)('a session with a cache in %s takes %d bytes an element', async (kvCache, bytes) => {
  const { folder, tokens } = await fetchReference('arch/qwen3');
  const { num_hidden_layers: layers, num_key_value_heads: heads, head_dim: headDim } = readJson(folder, CONFIG);
  expect(headDim).toBe(16);
  const model = await loadModel(toFiles(folder), { ...options, kvCache, prefillChunk: 8 });
  const session = model.createSession();
  for await (const _ of session.generate({ tokens: tokens.slice(0, 8) }, { maxTokens: 1 }));
  expect(model.memory.state).toBe(2 * Number(layers) * Number(heads) * options.contextLength * Number(headDim) * bytes + 8 * 4);
  model.dispose();
});
