import { describe, expect, test } from 'vitest';
import { memorySource } from '../../../tests/support/memory-source.ts';
import type { GgufMetadata } from '../metadata.ts';
import { textFiles } from './text-files.ts';

const json = (value: unknown): Uint8Array<ArrayBuffer> => new TextEncoder().encode(JSON.stringify(value));
const BESIDE = { 'models/tokenizer.json': json({ beside: true }), 'models/tokenizer_config.json': json({ config: true }) };

const bytes = (kind: string): GgufMetadata => new Map<string, string | string[] | Int32Array>([
  ['tokenizer.ggml.model', 'gpt2'], ['tokenizer.ggml.pre', kind], ['tokenizer.ggml.tokens', ['a', 'b', 'ab']], ['tokenizer.ggml.merges', ['a b']], ['tokenizer.ggml.token_type', Int32Array.of(1, 1, 1)],
]);

describe('the tokenizer of a GGUF file', () => {
  test('comes from its metadata, whatever lies beside it', async () => {
    const files = textFiles(bytes('gpt-2'), memorySource(BESIDE), 'models/x.gguf');
    expect(await files('tokenizer.json')).toMatchObject({ model: { vocab: { a: 0, b: 1, ab: 2 } } });
    expect(await files('tokenizer_config.json')).not.toHaveProperty('config');
    expect(await files('chat_template.json')).toBeUndefined();
  });

  test('comes from the folder where the metadata have none, or one of an unknown kind', async () => {
    for (const metadata of [new Map(), bytes('a-kind-of-tomorrow')]) {
      const files = textFiles(metadata, memorySource(BESIDE), 'models/x.gguf');
      expect(await files('tokenizer.json')).toEqual({ beside: true });
      expect(await files('tokenizer_config.json')).toEqual({ config: true });
    }
  });

  test('is an error of an unknown kind where nothing lies beside it, and nothing where the file has none', async () => {
    await expect(textFiles(bytes('a-kind-of-tomorrow'), memorySource({}), 'x.gguf')('tokenizer.json')).rejects.toThrow(/a-kind-of-tomorrow/);
    expect(await textFiles(new Map(), memorySource({}), 'x.gguf')('tokenizer.json')).toBeUndefined();
  });
});
