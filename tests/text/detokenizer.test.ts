import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { describe, expect, test } from 'vitest';
import { Detokenizer } from '../../models/text/detokenizer.ts';
import type { Tokenizer } from '../../models/text/tokenizer.ts';
import { uniform } from '../../shaders/random.ts';
import { cpuTime } from '../support/cpu-time.ts';
import { sharedMissing, sharedTitle } from '../support/shared-fixtures.ts';
import { sharedTokenizer, sharedTokenizerJson, sharedTokenizerNames, storiesJson, storiesTokenizer } from './test-tokenizers.ts';

const PIECES = ['Once', ' upon', ' ', '  ', '\n', 'é', 'e\u0301', 'ö̲̂', '日本', '語', '한', '😀', '👩‍👩‍👧', '🏳️‍🌈', '٣', 'नमस्ते', 'ไทย', '\uFEFF', '\uFFFD', '\0', '.', '<s>', '<|im_end|>', '𝒳'];

function pick<T>(items: readonly T[], next: () => number): T {
  return items[Math.floor(next() * items.length)] as T;
}

function randomText(next: () => number): string {
  return Array.from({ length: 1 + Math.floor(next() * 12) }, () => pick(PIECES, next)).join('');
}

/** Ids from anywhere, a few past the vocabulary, with many that are a byte or two, so that characters are cut and mixed. */
function randomIds(tokenizer: Tokenizer, fragments: readonly number[], next: () => number): number[] {
  return Array.from({ length: Math.floor(next() * 40) }, () => (next() < 0.5 ? pick(fragments, next) : Math.floor(next() * (tokenizer.vocabularySize + 3))));
}

/** Ids whose bytes are not a text of their own. */
function fragmentIds(tokenizer: Tokenizer): number[] {
  const strict = new TextDecoder('utf-8', { fatal: true });
  return Array.from({ length: tokenizer.vocabularySize }, (_, id) => id).filter((id) => {
    try {
      strict.decode(tokenizer.tokenBytes(id));
      return false;
    } catch {
      return true;
    }
  });
}

function stream(tokenizer: Tokenizer, ids: readonly number[], options: { skipSpecialTokens: boolean }): string[] {
  const detokenizer = new Detokenizer(tokenizer, options);
  return [...ids.map((id) => detokenizer.push(id)), detokenizer.flush()];
}

/** What the library's decoder, which knows nothing of ours, makes of ids that are all in the vocabulary. */
function libraryDecode(hub: HubTokenizer, tokenizer: Tokenizer, ids: readonly number[], skipSpecialTokens: boolean): string {
  const known = ids.filter((id) => hub.id_to_token(id) !== undefined && !(skipSpecialTokens && tokenizer.isSpecial(id)));
  return known.length === 0 ? '' : hub.decode(known, { skip_special_tokens: false, clean_up_tokenization_spaces: false });
}

function properties(load: () => Promise<Tokenizer>, json: () => Promise<unknown>): void {
  test('the pieces of a text make up the text, and none has half a character', async () => {
    const tokenizer = await load();
    const next = uniform(1);
    for (let run = 0; run < 300; run += 1) {
      const text = randomText(next);
      const ids = tokenizer.encode(text, { addSpecialTokens: true });
      const pieces = stream(tokenizer, ids, { skipSpecialTokens: true });
      expect(pieces.join('')).toBe(tokenizer.decode(ids, { skipSpecialTokens: true }));
      expect(pieces.filter((piece) => /\p{Surrogate}/u.test(piece))).toEqual([]);
      expect(pieces.join('').split('\uFFFD').length).toBeLessThanOrEqual(text.split('\uFFFD').length);
    }
  });

  test('whatever the ids, the pieces make up what the library decodes at once', async () => {
    const tokenizer = await load();
    const hub = new HubTokenizer(await json() as object, {});
    const fragments = fragmentIds(tokenizer);
    expect(fragments.length).toBeGreaterThan(100);
    const next = uniform(2);
    let invalid = 0;
    for (let run = 0; run < 500; run += 1) {
      const ids = randomIds(tokenizer, fragments, next);
      for (const skipSpecialTokens of [true, false]) {
        const expected = libraryDecode(hub, tokenizer, ids, skipSpecialTokens);
        if (expected.includes('\uFFFD')) invalid += 1;
        expect({ ids, text: stream(tokenizer, ids, { skipSpecialTokens }).join('') }).toEqual({ ids, text: expected });
      }
    }
    expect(invalid).toBeGreaterThan(100);
  });

  test('a plain letter releases everything before it, whatever that was', async () => {
    const tokenizer = await load();
    const letter = tokenizer.tokenId('z') ?? -1;
    const fragments = fragmentIds(tokenizer);
    const next = uniform(3);
    for (let run = 0; run < 200; run += 1) {
      const ids = [...randomIds(tokenizer, fragments, next), letter];
      const detokenizer = new Detokenizer(tokenizer);
      const emitted = ids.map((id) => detokenizer.push(id)).join('');
      expect(emitted.endsWith('z')).toBe(true);
      expect(detokenizer.flush()).toBe('');
    }
  });
}

describe('stories260K', () => properties(storiesTokenizer, () => storiesJson('tokenizer.json')));

describe.skipIf(sharedMissing).each(sharedTokenizerNames)(sharedTitle('%s'), (name) =>
  properties(
    () => sharedTokenizer(name),
    () => sharedTokenizerJson(name),
  ),
);

test.skipIf(sharedMissing)(sharedTitle('text that a byte-level tokenizer encoded comes back unchanged'), async () => {
  const tokenizer = await sharedTokenizer('gpt2');
  const next = uniform(4);
  for (let run = 0; run < 300; run += 1) {
    const text = randomText(next);
    expect(stream(tokenizer, tokenizer.encode(text, { addSpecialTokens: false }), { skipSpecialTokens: false }).join('')).toBe(text);
  }
});

test('a token costs the same however long the text', async () => {
  const tokenizer = await storiesTokenizer();
  const ids = tokenizer.encode('Once upon a time 😀 ', { addSpecialTokens: false });
  const many = Array.from({ length: 200_000 }, (_, index) => ids[index % ids.length] ?? 0);
  const detokenizer = new Detokenizer(tokenizer);
  let length = 0;
  const start = cpuTime();
  for (const id of many) length += detokenizer.push(id).length;
  expect(length).toBeGreaterThan(200_000);
  // Decoding everything anew for each token would take 20 billion token decodings.
  expect(cpuTime() - start).toBeLessThan(20_000);
});
