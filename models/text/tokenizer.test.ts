import { describe, expect, test } from 'vitest';
import { TokenizerError } from '../errors/tokenizer-error.ts';
import { createTokenizer } from './tokenizer.ts';

const byteLevel = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };

/** `a`, `b`, `ab`, two special tokens, and room at id 5 that nothing fills. */
function small(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    added_tokens: [
      { id: 3, content: '<s>', special: true },
      { id: 4, content: '<tool>', special: false },
      { id: 6, content: '</s>', special: false },
    ],
    pre_tokenizer: byteLevel,
    decoder: byteLevel,
    model: { type: 'BPE', vocab: { a: 0, b: 1, ab: 2 }, merges: ['a b'] },
    ...changes,
  };
}

const config = { bos_token: '<s>', eos_token: { content: '</s>' } };

describe('a small tokenizer', () => {
  const tokenizer = createTokenizer(small(), config);

  test('encodes and decodes', () => {
    expect(tokenizer.encode('ab<s>ba', { addSpecialTokens: false })).toEqual([2, 3, 1, 0]);
    expect(tokenizer.encode('', { addSpecialTokens: true })).toEqual([]);
    expect(tokenizer.decode([2, 3, 1, 0], { skipSpecialTokens: true })).toBe('abba');
    expect(tokenizer.decode([2, 3, 1, 0], { skipSpecialTokens: false })).toBe('ab<s>ba');
    expect(tokenizer.decode([], { skipSpecialTokens: true })).toBe('');
  });

  test('knows its ids', () => {
    expect(tokenizer).toMatchObject({ vocabularySize: 7, bosTokenId: 3, eosTokenId: 6 });
    expect(tokenizer.tokenId('ab')).toBe(2);
    expect(tokenizer.tokenId('nope')).toBeUndefined();
    expect(tokenizer.decode([0, 5, 99, 1], { skipSpecialTokens: false })).toBe('ab');
  });

  test('counts a token as special where tokenizer.json or tokenizer_config.json makes it one', () => {
    expect([2, 3, 4, 6].map((id) => tokenizer.isSpecial(id))).toEqual([false, true, false, true]);
    const further = createTokenizer(small(), { additional_special_tokens: ['<tool>'] });
    expect([3, 4, 6].map((id) => further.isSpecial(id))).toEqual([true, true, false]);
  });

  test('does without a tokenizer_config.json', () => {
    const bare = createTokenizer(small(), undefined);
    expect(bare.bosTokenId).toBeUndefined();
    expect(bare.eosTokenId).toBeUndefined();
  });

  test('does not tidy up the spaces before punctuation', () => {
    const vocab = { a: 0, Ġ: 1, '.': 2 };
    const dotted = createTokenizer(small({ model: { type: 'BPE', vocab, merges: [] } }), { clean_up_tokenization_spaces: true });
    expect(dotted.decode([0, 1, 2], { skipSpecialTokens: true })).toBe('a .');
  });
});

test('a Unigram with Metaspace', () => {
  const vocab = [['<unk>', 0], ['▁', -3], ['a', -4], ['▁ab', -2], ['b', -4]];
  const metaspace = { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' };
  const tokenizer = createTokenizer({ pre_tokenizer: metaspace, decoder: metaspace, model: { type: 'Unigram', vocab, unk_id: 0 } }, undefined);
  expect(tokenizer.encode('ab a', { addSpecialTokens: true })).toEqual([3, 1, 2]);
  expect(tokenizer.encode('c', { addSpecialTokens: true })).toEqual([1, 0]);
  expect(tokenizer.decode([3, 1, 2], { skipSpecialTokens: true })).toBe('ab a');
  expect(tokenizer.vocabularySize).toBe(5);
});

describe('bad input is an error that names the file and the key', () => {
  const model = { type: 'BPE', vocab: { a: 0 }, merges: [] };

  test.each<[string, unknown]>([
    ['', null],
    ['', 'text'],
    ['model', small({ model: null })],
    ['model.vocab', small({ model: { ...model, vocab: ['a'] } })],
    ['model.vocab.a', small({ model: { ...model, vocab: { a: 0.5 } } })],
    ['model.vocab.a', small({ model: { ...model, vocab: { a: -1 } } })],
    ['model.vocab.a', small({ model: { ...model, vocab: { a: 2 ** 32 } } })],
    ['model.merges', small({ model: { ...model, merges: {} } })],
    ['model.merges.1', small({ model: { ...model, merges: ['a b', 'ab'] } })],
    ['model.merges.0', small({ model: { ...model, merges: [['a', 1]] } })],
    ['model.vocab.0', small({ model: { type: 'Unigram', vocab: [['a']] } })],
    ['added_tokens', small({ added_tokens: {} })],
    ['added_tokens.0.id', small({ added_tokens: [{ content: '<s>' }] })],
    ['added_tokens.0.content', small({ added_tokens: [{ id: 3 }] })],
    ['normalizer', small({ normalizer: 'NFC' })],
    ['decoder', small({ decoder: null })],
    ['decoder.type', small({ decoder: { type: 'CTC' } })],
    ['decoder.decoders.0.stop', small({ decoder: { type: 'Sequence', decoders: [{ type: 'Strip', content: ' ', start: 0, stop: 1 }] } })],
    ['decoder.decoders.0.pattern', small({ decoder: { type: 'Sequence', decoders: [{ type: 'Replace', pattern: { Regex: 'a' }, content: '' }] } })],
  ])('%s', (key, json) => {
    expect(() => createTokenizer(json, config)).toThrow(expect.objectContaining({ code: 'tokenizer', file: 'tokenizer.json', key }));
  });

  test('what only the library finds is wrapped', () => {
    expect(() => createTokenizer(small({ normalizer: { type: 'Rot13' } }), config)).toThrow(/tokenizer\.json cannot be used: .*Rot13/);
    expect(() => createTokenizer(small({ normalizer: { type: 'Rot13' } }), config)).toThrow(TokenizerError);
  });

  test('tokenizer_config.json too', () => {
    expect(() => createTokenizer(small(), { eos_token: 7 })).toThrow(expect.objectContaining({ code: 'tokenizer', file: 'tokenizer_config.json', key: 'eos_token' }));
  });

  test('a token that the post-processor adds and the vocabulary lacks', () => {
    const post_processor = { type: 'TemplateProcessing', single: [{ SpecialToken: { id: '<cls>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }], pair: [], special_tokens: {} };
    const tokenizer = createTokenizer(small({ post_processor }), config);
    expect(tokenizer.encode('a', { addSpecialTokens: false })).toEqual([0]);
    expect(() => tokenizer.encode('a', { addSpecialTokens: true })).toThrow(/has no token "<cls>"/);
  });
});
