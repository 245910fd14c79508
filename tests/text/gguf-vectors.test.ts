import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import type { GgufMetadata } from '../../models/gguf/metadata.ts';
import { readHeader } from '../../models/gguf/read-header.ts';
import { ggufTokenizer } from '../../models/gguf/text/gguf-tokenizer.ts';
import { ggufStopTokens } from '../../models/gguf/text/stop-tokens.ts';
import { createTokenizer, type Tokenizer } from '../../models/text/tokenizer.ts';
import { uniform } from '../../shaders/random.ts';
import { byteLevelMetadata, scoredTokens, sentencepieceMetadata, type ScoredTokens } from '../support/gguf/hub-vocabulary.ts';
import { bool, string, u32 } from '../support/gguf/values.ts';
import { entryBytes, writeGguf, type WrittenMetadata } from '../support/gguf/write-gguf.ts';
import { joinByScores } from '../support/join-by-scores.ts';
import { memorySource } from '../support/memory-source.ts';
import { readSharedText, sharedMissing, sharedTitle } from '../support/shared-fixtures.ts';
import { sharedTokenizer, sharedTokenizerJson, storiesJson, storiesTokenizer } from './test-tokenizers.ts';

/** Sentencepiece counts down from the first piece that is made of others; runs of spaces were added to Llama's vocabulary by hand. */
function llamaScore(token: string, id: number): number {
  if (id < 3 || id >= 32_000) return -1000;
  if (id < 259) return 0;
  return /^▁+$/.test(token) ? -1e9 : 259 - id;
}

const vocabularies: Readonly<Record<string, () => Promise<WrittenMetadata>>> = {
  gpt2: async () => [...byteLevelMetadata(await sharedTokenizerJson('gpt2'), 'gpt-2'), ['tokenizer.ggml.bos_token_id', u32(50_256)], ['tokenizer.ggml.eos_token_id', u32(50_256)]],
  qwen2: async () => [...byteLevelMetadata(await sharedTokenizerJson('qwen2'), 'qwen2'), ['tokenizer.ggml.eos_token_id', u32(151_645)], ['tokenizer.ggml.add_bos_token', bool(false)]],
  smollm: async () => [...byteLevelMetadata(await sharedTokenizerJson('smollm'), 'smollm'), ['tokenizer.ggml.bos_token_id', u32(1)], ['tokenizer.ggml.eos_token_id', u32(2)]],
  'phi-3-mini': async () => phi3(await phi3Tokens(), { addBos: false }),
  stories260K: async () => sentencepieceMetadata(scoredTokens(await storiesJson('tokenizer.json'), llamaScore)),
};

const phi3Tokens = async (): Promise<ScoredTokens> => scoredTokens(await sharedTokenizerJson('phi-3-mini'), llamaScore);

const phi3 = (tokens: ScoredTokens, { addBos }: { addBos: boolean }): WrittenMetadata => [
  ...sentencepieceMetadata(tokens),
  ['general.name', string('Phi3')],
  ['tokenizer.ggml.bos_token_id', u32(1)],
  ['tokenizer.ggml.eos_token_id', u32(32_000)],
  ['tokenizer.ggml.unknown_token_id', u32(0)],
  ['tokenizer.ggml.padding_token_id', u32(32_000)],
  ['tokenizer.ggml.add_bos_token', bool(addBos)],
];

interface Loaded {
  readonly metadata: GgufMetadata;
  readonly tokenizerJson: unknown;
  readonly tokenizer: Tokenizer;
}

/** Loaded once. */
function load(name: string): Promise<Loaded> {
  const loading = loaded.get(name) ?? loadNew(name);
  loaded.set(name, loading);
  return loading;
}

const loaded = new Map<string, Promise<Loaded>>();

async function loadNew(name: string): Promise<Loaded> {
  const written = writeGguf({ metadata: await vocabularies[name]() });
  const file = await memorySource({ 'model.gguf': written }).open('model.gguf');
  if (!file) throw new Error('the file should be there');
  const { metadata } = await readHeader(file);
  const { tokenizerJson, tokenizerConfig } = ggufTokenizer(metadata, 'model.gguf') ?? {};
  return { metadata, tokenizerJson, tokenizer: createTokenizer(tokenizerJson, tokenizerConfig) };
}

const { texts: hubTexts }: { readonly texts: readonly string[] } = JSON.parse(await readFile(new URL('fixtures/hub-vectors.json', import.meta.url), 'utf8'));

/** Any characters that there are, and many that vocabularies have. */
function randomText(next: () => number): string {
  const ranges: readonly (readonly [number, number])[] = [[0x20, 0x7f], [0x20, 0x7f], [0x0a, 0x0b], [0x20, 0x21], [0, 0x500], [0x900, 0x2000], [0x3000, 0xd7ff], [0xe000, 0xffff], [0x1f300, 0x1fa00], [0x10000, 0x10ffff]];
  const characters = Array.from({ length: 1 + Math.floor(next() * 60) }, () => {
    const [from, to] = ranges[Math.floor(next() * ranges.length)] ?? [0, 1];
    return String.fromCodePoint(from + Math.floor(next() * (to - from)));
  });
  // A literal ▁ is a space to sentencepiece.
  return characters.join('').replaceAll('▁', '_');
}

const asItIs = (text: string): string => text;

/** @param reversible the part of a text that the vocabulary can spell. */
function agreesWithTheHub(name: string, loadHub: () => Promise<Tokenizer>, reversible = asItIs): void {
  let tokenizer: Tokenizer;
  let hub: Tokenizer;
  beforeAll(async () => {
    [{ tokenizer }, hub] = await Promise.all([load(name), loadHub()]);
  });

  test('encodes and decodes as the Hub’s tokenizer.json does', () => {
    const next = uniform(5);
    const texts = [...hubTexts, ...Array.from({ length: 200 }, () => randomText(next))];
    for (const text of texts) {
      const ids = tokenizer.encode(text, { addSpecialTokens: true });
      expect({ text, ids }).toEqual({ text, ids: hub.encode(text, { addSpecialTokens: true }) });
      expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(hub.decode(ids, { skipSpecialTokens: true }));
    }
  });

  test('decoding undoes encoding', () => {
    const next = uniform(6);
    for (let run = 0; run < 500; run += 1) {
      const text = reversible(randomText(next));
      expect(tokenizer.decode(tokenizer.encode(text, { addSpecialTokens: true }), { skipSpecialTokens: true })).toBe(text);
    }
  });

  test('knows as many tokens', () => expect(tokenizer.vocabularySize).toBe(hub.vocabularySize));
}

describe('stories260K', () => agreesWithTheHub('stories260K', storiesTokenizer));

describe.skipIf(sharedMissing).each([
  ['gpt2', asItIs],
  ['qwen2', (text: string) => text.normalize('NFC')],
  // It has no tokens for some control characters, nor for the bytes with which the higher planes begin.
  ['smollm', (text: string) => text.replaceAll(/[\x04\x06\x13\x14\x16\x1d\u{40000}-\u{10ffff}]/gu, '')],
  ['phi-3-mini', asItIs],
] as const)(sharedTitle('%s'), (name, reversible) => agreesWithTheHub(name, () => sharedTokenizer(name), reversible));

describe.skipIf(sharedMissing).each([
  ['gpt2', 'ggml-vocab-gpt-2'],
  ['phi-3-mini', 'ggml-vocab-phi-3'],
  ['qwen2', 'ggml-vocab-qwen2'],
])(sharedTitle("%s, against llama.cpp's vectors"), (name, file) => {
  test('every text gives the same ids', async () => {
    const { tokenizer } = await load(name);
    const texts = (await readSharedText(`tokenizers/${file}.gguf.inp`)).split('\n__ggml_vocab_test__\n');
    const lines = (await readSharedText(`tokenizers/${file}.gguf.out`)).split('\n').slice(0, texts.length);
    expect(texts.length).toBeGreaterThan(40);
    const theirs = lines.map((line) => (line.trim() === '' ? [] : line.trim().split(/\s+/).map(Number)));
    expect(texts.map((text) => tokenizer.encode(text, { addSpecialTokens: false }))).toEqual(theirs);
  });
});

describe.skipIf(sharedMissing)(sharedTitle('phi-3, piece by piece'), () => {
  test('the merges are those of the Hub, in an order that does what the scores say', async () => {
    const { metadata, tokenizerJson, tokenizer } = await load('phi-3-mini');
    const tokens = metadata.get('tokenizer.ggml.tokens') as readonly string[];
    const scores = metadata.get('tokenizer.ggml.scores') as Float32Array;
    const { model } = tokenizerJson as { readonly model: { readonly merges: readonly (readonly string[])[] } };
    const { model: published } = (await sharedTokenizerJson('phi-3-mini')) as { readonly model: { readonly merges: readonly string[] } };
    expect(model.merges.map((merge) => merge.join(' ')).toSorted()).toEqual(published.merges.toSorted());

    const ids = new Map(tokens.map((token, id) => [token, id]));
    const next = uniform(7);
    const spaces = Array.from({ length: 60 }, (_, length) => `a${' '.repeat(length)}b`);
    for (const text of [...spaces, ...hubTexts.filter((text) => !text.includes('<')), ...Array.from({ length: 300 }, () => randomText(next))]) {
      const pieces = joinByScores(`▁${text.replaceAll(' ', '▁')}`, ids, scores);
      const expected = pieces.flatMap((piece) => ids.get(piece) ?? [...new TextEncoder().encode(piece)].map((byte) => byte + 3));
      expect({ text, ids: tokenizer.encode(text, { addSpecialTokens: false }) }).toEqual({ text, ids: text === '' ? [] : expected });
    }
  });

  test('an <|end|> and the white space after it are one', async () => {
    const { tokenizer } = await load('phi-3-mini');
    expect(tokenizer.encode('Hi<|end|>\n<|assistant|>', { addSpecialTokens: false })).toEqual([6324, 32_007, 32_001]);
  });
});

describe.skipIf(sharedMissing)(sharedTitle('what ends an answer'), () => {
  test.each([
    ['gpt2', [50_256]],
    ['qwen2', [151_643, 151_645]],
    ['smollm', [0, 2, 4]],
    ['phi-3-mini', [2, 32_000, 32_007]],
  ])('of %s', async (name, expected) => {
    const { metadata } = await load(name);
    expect(ggufStopTokens(metadata, 'model.gguf')).toEqual(expected);
  });
});

/**
 * The shared GGUF files have been through a program that took them for text: every byte that is no UTF-8 became U+FFFD, and with those the
 * scores and some lengths. What is left of them is exactly what is left of the metadata that these tests use, treated alike.
 */
describe.skipIf(sharedMissing)(sharedTitle('the shared GGUF vocabularies'), () => {
  const asText = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

  const agrees = async (file: string, metadata: WrittenMetadata): Promise<void> => {
    const whole = await readSharedText(`gguf-vocab/${file}.gguf`);
    const entries = metadata.filter(([key]) => key !== 'general.name').map(([key, value]) => asText(entryBytes(key, value)));
    expect(entries.filter((entry) => !whole.includes(entry)).map((entry) => entry.slice(0, 60))).toEqual([]);
    expect(entries.join('').length).toBeGreaterThan(0.9 * whole.length);
  };

  test('of GPT-2', async () => agrees('ggml-vocab-gpt-2', await vocabularies.gpt2()));

  /** This converter filled up with unknown tokens, and let texts begin with <s>. */
  test('of Phi-3', async () => {
    const { tokens, types, scores } = await phi3Tokens();
    const padding = Array.from({ length: 32_064 - tokens.length }, (_, index) => `[PAD${tokens.length + index}]`);
    const padded = {
      tokens: [...tokens, ...padding],
      types: [...types, ...padding.map(() => 2)].map((type, id) => (id === 0 ? 3 : type)),
      scores: [...scores, ...padding.map(() => -10_000)],
    };
    await agrees('ggml-vocab-phi-3', phi3(padded, { addBos: true }));
  });
});
