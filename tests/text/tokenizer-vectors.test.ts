import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { readSharedText, sharedMissing, sharedTitle } from '../support/shared-fixtures.ts';
import { sharedTokenizer, storiesTokenizer } from './test-tokenizers.ts';

describe('stories260K, against transformers', async () => {
  const file = new URL('../fixtures/real/stories260K/expected-tokens.json', import.meta.url);
  const expected: { text: string; ids: number[]; decoded: string }[] = JSON.parse(await readFile(file, 'utf8'));
  const tokenizer = await storiesTokenizer();

  test.each(expected)('$text', ({ text, ids, decoded }) => {
    expect(tokenizer.encode(text, { addSpecialTokens: true })).toEqual(ids);
    expect(tokenizer.encode(text, { addSpecialTokens: false })).toEqual(ids.slice(1));
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(decoded);
  });
});

const vectors = [
  { name: 'gpt2', file: 'ggml-vocab-gpt-2' },
  { name: 'phi-3-mini', file: 'ggml-vocab-phi-3' },
  { name: 'qwen2', file: 'ggml-vocab-qwen2' },
] as const;

describe.skipIf(sharedMissing).each(vectors)(sharedTitle("$name, against llama.cpp's vectors"), ({ name, file }) => {
  test('every text gives the same ids', async () => {
    const tokenizer = await sharedTokenizer(name);
    const texts = (await readSharedText(`tokenizers/${file}.gguf.inp`)).split('\n__ggml_vocab_test__\n');
    const lines = (await readSharedText(`tokenizers/${file}.gguf.out`)).split('\n').slice(0, texts.length);
    expect(texts.length).toBeGreaterThan(40);
    const ours = texts.map((text) => ({ text, ids: tokenizer.encode(text, { addSpecialTokens: false }) }));
    const theirs = texts.map((text, index) => ({ text, ids: idsOf(lines[index] ?? '') }));
    expect(ours).toEqual(theirs);
  });
});

function idsOf(line: string): number[] {
  return line.trim() === '' ? [] : line.trim().split(/\s+/).map(Number);
}
