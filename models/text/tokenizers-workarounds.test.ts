import { expect, test } from 'vitest';
import { createTokenizer } from './tokenizer.ts';

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };

/** Two Arabic digits, each two bytes, and a token for both; U+0085 and U+FEFF, each with a letter, as one token. */
const vocab = { Ù: 0, '£': 1, '¤': 2, 'Ù£': 3, 'Ù¤': 4, 'Ù£Ù¤': 5, Â: 6, ħ: 7, Âħ: 8, a: 9, Âħa: 10, ï: 11, '»': 12, '¿': 13, 'ï»': 14, 'ï»¿': 15, '.': 16, 'ï»¿.': 17, Ġ: 18, Ġa: 19 };
const merges = ['Ù £', 'Ù ¤', 'Ù£ Ù¤', 'Â ħ', 'Âħ a', 'ï »', 'ï» ¿', 'ï»¿ .', 'Ġ a'];

function encode(text: string, pre_tokenizer: unknown): number[] {
  const tokenizer = createTokenizer({ added_tokens: [], pre_tokenizer, decoder: byteLevel, model: { type: 'BPE', vocab, merges } }, undefined);
  return tokenizer.encode(text, { addSpecialTokens: false });
}

test('every digit stands alone, not only ASCII ones', () => {
  const digits = (individual_digits: boolean): unknown => ({ type: 'Sequence', pretokenizers: [{ type: 'Digits', individual_digits }, byteLevel] });
  expect(encode('٣٤', digits(true))).toEqual([3, 4]);
  expect(encode('٣٤', digits(false))).toEqual([5]);
});

test('U+0085 is white space, and U+FEFF is not', () => {
  expect(encode('\u0085a', byteLevel)).toEqual([8, 9]);
  expect(encode('\uFEFF.', byteLevel)).toEqual([17]);
});

test('a missing first space is added before splitting', () => {
  expect(encode('a', { ...byteLevel, add_prefix_space: true })).toEqual([19]);
  expect(encode(' a', { ...byteLevel, add_prefix_space: true })).toEqual([19]);
});
