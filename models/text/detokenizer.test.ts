import { describe, expect, test } from 'vitest';
import { Detokenizer, type TokenText } from './detokenizer.ts';

/** Ids 0 to 255 are bytes; 256 is a special token with a text of its own; 257 is not in the vocabulary. */
const bytes: TokenText = {
  tokenBytes: (id) => (id < 256 ? Uint8Array.of(id) : new TextEncoder().encode(id === 256 ? '<s>' : '')),
  isSpecial: (id) => id === 256,
  strip: { character: ' ', count: 1 },
};

function deltas(ids: readonly number[], options = {}): string[] {
  const detokenizer = new Detokenizer(bytes, options);
  return [...ids.map((id) => detokenizer.push(id)), detokenizer.flush()];
}

const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)];

describe('characters of several bytes', () => {
  test('are held back until they are complete', () => {
    expect(deltas(utf8('é€😀'))).toEqual(['', 'é', '', '', '€', '', '', '', '😀', '']);
  });

  test('may be interrupted by special tokens and unknown ids', () => {
    expect(deltas([0xf0, 0x9f, 256, 0x98, 257, 0x80])).toEqual(['', '', '', '', '', '😀', '']);
  });

  test('are cut off by special tokens that are written out', () => {
    expect(deltas([0xf0, 0x9f, 256, 0x41], { skipSpecialTokens: false })).toEqual(['', '', '\uFFFD<s>', 'A', '']);
  });

  test('become U+FFFD as soon as they cannot be completed, or when nothing follows', () => {
    expect(deltas([0xe2, 0x82, 0x41])).toEqual(['', '', '\uFFFDA', '']);
    expect(deltas([0xe2, 0x82])).toEqual(['', '', '\uFFFD']);
    expect(deltas([0x80, 0xc0])).toEqual(['\uFFFD', '\uFFFD', '']);
  });

  test('a byte order mark is kept', () => {
    expect(deltas(utf8('\uFEFFa')).join('')).toBe('\uFEFFa');
  });
});

describe('the space that sentencepiece puts before a text', () => {
  test('is stripped once, at the start', () => {
    expect(deltas(utf8('  a b'))).toEqual(['', ' ', 'a', ' ', 'b', '']);
    expect(deltas(utf8('a b')).join('')).toBe('a b');
  });

  test('is still at the start after special tokens that are skipped, and not after others', () => {
    expect(deltas([256, 0x20, 0x41]).join('')).toBe('A');
    expect(deltas([256, 0x20, 0x41], { skipSpecialTokens: false }).join('')).toBe('<s> A');
  });

  test('is kept where the tokens continue a text', () => {
    expect(deltas(utf8(' a'), { position: 'middle' }).join('')).toBe(' a');
  });

  test('is not stripped after a replacement character', () => {
    expect(deltas([0xe2, 0x20]).join('')).toBe('\uFFFD ');
  });
});
