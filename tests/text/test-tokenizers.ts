import { readFile } from 'node:fs/promises';
import { createTokenizer, type Tokenizer } from '../../models/text/tokenizer.ts';
import { readSharedJson, readSharedText } from '../support/shared-fixtures.ts';

const stories = new URL('../fixtures/real/stories260K/', import.meta.url);

/** A sentencepiece-like tokenizer with byte fallback, 512 tokens; part of the repository. */
export async function storiesTokenizer(): Promise<Tokenizer> {
  return createTokenizer(await storiesJson('tokenizer.json'), await storiesJson('tokenizer_config.json'));
}

export async function storiesJson(name: 'tokenizer.json' | 'tokenizer_config.json'): Promise<unknown> {
  return JSON.parse(await readFile(new URL(name, stories), 'utf8'));
}

export const sharedTokenizerNames = ['gpt2', 'phi-3-mini', 'qwen2', 'smollm'] as const;

/** `tokenizer.json` of one of the shared fixtures. */
export async function sharedTokenizerJson(name: (typeof sharedTokenizerNames)[number]): Promise<unknown> {
  return name === 'gpt2' ? await gpt2Json() : await readSharedJson(`tokenizers/${name}/tokenizer.json`);
}

/** Loaded once for each test file. */
export function sharedTokenizer(name: (typeof sharedTokenizerNames)[number]): Promise<Tokenizer> {
  const loading = loaded.get(name) ?? loadShared(name);
  loaded.set(name, loading);
  return loading;
}

const loaded = new Map<string, Promise<Tokenizer>>();

async function loadShared(name: (typeof sharedTokenizerNames)[number]): Promise<Tokenizer> {
  const config = name === 'phi-3-mini' ? await readSharedJson('tokenizers/phi-3-mini/tokenizer_config.json') : undefined;
  return createTokenizer(await sharedTokenizerJson(name), config);
}

/** GPT-2 was published as a vocabulary and merges, which the Hub's conversion wraps like this. */
async function gpt2Json(): Promise<unknown> {
  const merges = await readSharedText('tokenizers/gpt2/merges.txt');
  const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: '1.0',
    added_tokens: [{ id: 50_256, content: '<|endoftext|>', single_word: false, lstrip: false, rstrip: false, normalized: true, special: true }],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: { ...byteLevel, trim_offsets: false },
    decoder: byteLevel,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      vocab: await readSharedJson('tokenizers/gpt2/vocab.json'),
      merges: merges.split('\n').filter((line) => line !== '' && !line.startsWith('#version')),
    },
  };
}
