import { describe, expect, test } from 'vitest';
import { createChatTemplate } from '../../text/chat-template.ts';
import { createTokenizer, type Tokenizer } from '../../text/tokenizer.ts';
import type { GgufMetadata, MetadataValue } from '../metadata.ts';
import { ggufTokenizer } from './gguf-tokenizer.ts';

const FILE = 'model.gguf';
const { NORMAL, UNKNOWN, CONTROL, USER_DEFINED, UNUSED, BYTE } = { NORMAL: 1, UNKNOWN: 2, CONTROL: 3, USER_DEFINED: 4, UNUSED: 5, BYTE: 6 };

type Changes = Readonly<Record<string, MetadataValue | undefined>>;

function metadata(values: Changes): GgufMetadata {
  return new Map(Object.entries(values).flatMap(([key, value]) => (value === undefined ? [] : [[`tokenizer.${key}`, value] as const])));
}

/** `a`, `b` and `ab`, a space, the tokens of a conversation, and one that fills an id. */
function byteLevel(changes: Changes = {}): GgufMetadata {
  return metadata({
    'ggml.model': 'gpt2',
    'ggml.pre': 'llama-bpe',
    'ggml.tokens': ['a', 'b', 'ab', 'Ġ', '<s>', '</s>', '<think>', '[PAD7]', 'Ċ', '__proto__'],
    'ggml.token_type': Int32Array.of(NORMAL, NORMAL, NORMAL, NORMAL, CONTROL, CONTROL, USER_DEFINED, UNUSED, NORMAL, NORMAL),
    'ggml.merges': ['a b'],
    'ggml.bos_token_id': 4,
    'ggml.eos_token_id': 5,
    ...changes,
  });
}

const hex = (byte: number): string => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
const pieces = ['▁', 'a', 'b', 'ab', '▁ab', '\n'];
const bytes = Array.from({ length: 256 }, (_, byte) => hex(byte));

/** Three special tokens, 256 bytes at 3, six pieces at 259, and a user-defined one at 265. */
function sentencepiece(changes: Changes = {}): GgufMetadata {
  return metadata({
    'ggml.model': 'llama',
    'ggml.tokens': ['<unk>', '<s>', '</s>', ...bytes, ...pieces, '  '],
    'ggml.scores': Float32Array.of(0, 0, 0, ...bytes.map(() => 0), ...pieces.map((_, index) => -index), 0),
    'ggml.token_type': Int32Array.of(UNKNOWN, CONTROL, CONTROL, ...bytes.map(() => BYTE), ...pieces.map(() => NORMAL), USER_DEFINED),
    ...changes,
  });
}

function tokenizerOf(values: GgufMetadata): Tokenizer {
  const made = ggufTokenizer(values, FILE);
  return createTokenizer(made?.tokenizerJson, made?.tokenizerConfig);
}

const plain = { addSpecialTokens: false };
const whole = { addSpecialTokens: true };
const shown = { skipSpecialTokens: false };

test('a file without a vocabulary has no tokenizer', () => {
  for (const model of [undefined, 'no_vocab', 'none']) expect(ggufTokenizer(metadata({ 'ggml.model': model }), FILE)).toBeUndefined();
});

describe('byte-level BPE', () => {
  test('merges, and begins with the token with which its kind begins', () => {
    const tokenizer = tokenizerOf(byteLevel());
    expect(tokenizer.encode('ab a\n', whole)).toEqual([4, 2, 3, 0, 8]);
    expect(tokenizer.encode('ab', plain)).toEqual([2]);
    expect(tokenizer).toMatchObject({ vocabularySize: 10, bosTokenId: 4, eosTokenId: 5 });
  });

  test('what the file says of the ends of a text goes before', () => {
    expect(tokenizerOf(byteLevel({ 'ggml.add_bos_token': false })).encode('a', whole)).toEqual([0]);
    expect(tokenizerOf(byteLevel({ 'ggml.add_eos_token': true })).encode('a', whole)).toEqual([4, 0, 5]);
    expect(tokenizerOf(byteLevel({ 'ggml.pre': 'qwen2' })).encode('a', whole)).toEqual([0]);
  });

  test('special and user-defined tokens are found in the text, and only the special ones can be left out', () => {
    const tokenizer = tokenizerOf(byteLevel());
    const ids = tokenizer.encode('<s>a<think>b</s>', plain);
    expect(ids).toEqual([4, 0, 6, 1, 5]);
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe('a<think>b');
    expect(tokenizer.decode(ids, shown)).toBe('<s>a<think>b</s>');
  });

  test('an unused token is neither found nor written', () => {
    const tokenizer = tokenizerOf(byteLevel());
    expect(tokenizer.tokenId('[PAD7]')).toBeUndefined();
    expect(tokenizer.decode([0, 7, 1], shown)).toBe('ab');
  });

  test('where merges are ignored, a piece that is a token needs none', () => {
    expect(tokenizerOf(byteLevel({ 'ggml.merges': [] })).encode('ab', plain)).toEqual([2]);
    expect(tokenizerOf(byteLevel({ 'ggml.merges': [], 'ggml.pre': 'smaug-bpe' })).encode('ab', plain)).toEqual([0, 1]);
  });

  test('without types, only the ends of a text are special', () => {
    const tokenizer = tokenizerOf(byteLevel({ 'ggml.token_type': undefined }));
    expect([4, 5, 6].map((id) => tokenizer.isSpecial(id))).toEqual([true, true, false]);
    expect(tokenizer.encode('</s>', plain)).toEqual([5]);
  });

  test('a normal form is applied where the models of a kind have one', () => {
    const composed = { 'ggml.tokens': ['Ã', '©', 'Ã©'], 'ggml.token_type': undefined, 'ggml.merges': ['Ã ©'], 'ggml.bos_token_id': undefined, 'ggml.eos_token_id': undefined };
    expect(tokenizerOf(byteLevel({ ...composed, 'ggml.pre': 'qwen2' })).encode('e\u0301', plain)).toEqual([2]);
    expect(tokenizerOf(byteLevel({ ...composed, 'ggml.pre': 'smollm' })).encode('\u00e9', plain)).toEqual([2]);
  });
});

describe('sentencepiece', () => {
  const tokenizer = tokenizerOf(sentencepiece());
  const [space, a, b, ab, spaceAb, newline, twoSpaces] = [259, 260, 261, 262, 263, 264, 265];

  test('puts a space before, and the token with which a text begins before that', () => {
    expect(tokenizer.encode('ab', whole)).toEqual([1, spaceAb]);
    expect(tokenizer.encode('', whole)).toEqual([1]);
    expect(tokenizer.decode([1, spaceAb], { skipSpecialTokens: true })).toBe('ab');
  });

  test('puts a space after every special token too', () => {
    expect(tokenizer.encode('a<s>a', plain)).toEqual([space, a, 1, space, a]);
  });

  test('joins by scores, not by position or length', () => {
    expect(tokenizer.encode('ab', plain)).toEqual([spaceAb]);
    expect(tokenizer.encode('aab', plain)).toEqual([space, a, ab]);
  });

  test('spells what it has no piece for in bytes, and puts them together again', () => {
    const ids = tokenizer.encode('b🦙\n', plain);
    expect(ids).toEqual([space, b, ...[0xf0, 0x9f, 0xa6, 0x99].map((byte) => byte + 3), newline]);
    expect(tokenizer.decode(ids, shown)).toBe('b🦙\n');
  });

  test('takes a user-defined token as it stands', () => {
    expect(tokenizer.encode('a  b', plain)).toEqual([space, a, twoSpaces, space, b]);
    expect(tokenizer.isSpecial(twoSpaces)).toBe(false);
  });

  test('does without a space before where the file says so', () => {
    const bare = tokenizerOf(sentencepiece({ 'ggml.add_space_prefix': false }));
    expect(bare.encode('ab ab', plain)).toEqual([ab, spaceAb]);
    expect(bare.decode([spaceAb], shown)).toBe(' ab');
  });

  test('has an unknown token where it has no bytes', () => {
    const tokens = ['<unk>', '<s>', '</s>', '▁', 'a'];
    const small = { 'ggml.tokens': tokens, 'ggml.scores': new Float32Array(5), 'ggml.token_type': Int32Array.of(UNKNOWN, CONTROL, CONTROL, NORMAL, NORMAL) };
    expect(tokenizerOf(sentencepiece(small)).encode('aé', plain)).toEqual([3, 4, 0]);
  });
});

describe('tokenizer_config.json', () => {
  const configOf = (values: GgufMetadata): unknown => ggufTokenizer(values, FILE)?.tokenizerConfig;

  test('names the special tokens, but none that is an ordinary one', () => {
    expect(configOf(byteLevel({ 'ggml.padding_token_id': 0, 'ggml.unknown_token_id': 6 }))).toEqual({
      bos_token: '<s>',
      eos_token: '</s>',
      unk_token: '<think>',
      add_bos_token: true,
      add_eos_token: false,
      clean_up_tokenization_spaces: false,
    });
    expect(configOf(sentencepiece())).toMatchObject({ bos_token: '<s>', eos_token: '</s>', unk_token: '<unk>', add_bos_token: true });
  });

  test('has the chat template, and those beside it', async () => {
    expect(configOf(byteLevel({ chat_template: 'talk' }))).toMatchObject({ chat_template: 'talk' });
    const several = configOf(byteLevel({ chat_template: 'talk', chat_templates: ['default', 'tool_use'], 'chat_template.tool_use': 'use {{ tools[0] }}' }));
    const template = await createChatTemplate({ tokenizerConfig: several });
    expect(template?.render([{ role: 'user', content: '' }], { addGenerationPrompt: false })).toBe('talk');
    expect(template?.render([{ role: 'user', content: '' }], { addGenerationPrompt: false, tools: ['saw'] })).toBe('use saw');
  });
});

describe('bad metadata is an error that names the file and the key', () => {
  const bad = (values: GgufMetadata): unknown => {
    try {
      return ggufTokenizer(values, FILE);
    } catch (error) {
      return error;
    }
  };

  test.each<[string, Changes]>([
    ['ggml.model', { 'ggml.model': 7 }],
    ['ggml.tokens', { 'ggml.tokens': undefined }],
    ['ggml.tokens', { 'ggml.tokens': Int32Array.of(1) }],
    ['ggml.tokens.1', { 'ggml.tokens': ['a', 7] }],
    ['ggml.token_type', { 'ggml.token_type': Int32Array.of(1) }],
    ['ggml.token_type', { 'ggml.token_type': ['x'] }],
    ['ggml.token_type.0', { 'ggml.token_type': Int32Array.of(7, 1, 1, 1, 1, 1, 1, 1, 1, 1) }],
    ['ggml.pre', { 'ggml.pre': undefined }],
    ['ggml.merges', { 'ggml.merges': undefined }],
    ['ggml.merges.0', { 'ggml.merges': [1] }],
    ['ggml.bos_token_id', { 'ggml.bos_token_id': 10 }],
    ['ggml.eos_token_id', { 'ggml.eos_token_id': -1 }],
    ['ggml.bos_token_id', { 'ggml.bos_token_id': undefined }],
    ['ggml.eos_token_id', { 'ggml.eos_token_id': undefined, 'ggml.add_eos_token': true }],
    ['ggml.add_bos_token', { 'ggml.add_bos_token': 1 }],
    ['chat_template', { chat_template: 7 }],
    ['chat_template.tool_use', { chat_templates: ['tool_use'] }],
  ])('%s %j', (key, changes) => {
    expect(bad(byteLevel(changes))).toMatchObject({ code: 'config', file: FILE, key: `tokenizer.${key}` });
  });

  test.each<[string, Changes]>([
    ['ggml.tokens.9', { 'ggml.tokens': ['a', 'b', 'ab', 'Ġ', '<s>', '</s>', '<think>', '', 'Ċ', 'a'] }],
    ['ggml.merges.0', { 'ggml.merges': ['ab'] }],
    ['ggml.merges.1', { 'ggml.merges': ['a b', 'b a'] }],
    ['ggml.merges.0', { 'ggml.merges': ['a b a'] }],
  ])('%s %j', (key, changes) => {
    expect(bad(byteLevel(changes))).toMatchObject({ code: 'tokenizer', file: FILE, key: `tokenizer.${key}` });
  });

  test('scores', () => {
    expect(bad(sentencepiece({ 'ggml.scores': undefined }))).toMatchObject({ code: 'config', key: 'tokenizer.ggml.scores' });
    expect(bad(sentencepiece({ 'ggml.scores': new Float32Array(3) }))).toMatchObject({ code: 'config', key: 'tokenizer.ggml.scores' });
    expect(bad(sentencepiece({ 'ggml.scores': new Float32Array(266).fill(NaN) }))).toMatchObject({ code: 'config', key: 'tokenizer.ggml.scores.0' });
  });

  test('a byte without a token', () => {
    const types = Int32Array.of(UNKNOWN, CONTROL, CONTROL, ...bytes.map((_, byte) => (byte === 0x80 ? NORMAL : BYTE)), ...pieces.map(() => NORMAL), USER_DEFINED);
    expect(bad(sentencepiece({ 'ggml.token_type': types }))).toMatchObject({ code: 'tokenizer', key: 'tokenizer.ggml.tokens', message: expect.stringContaining('<0x80>') });
  });

  test.each(['bert', 't5', 'rwkv', 'plamo2', 'gemma4', 'constructor'])('the tokenizer %s is not known, and what to do about it', (model) => {
    expect(bad(byteLevel({ 'ggml.model': model }))).toMatchObject({
      code: 'tokenizer',
      key: 'tokenizer.ggml.model',
      message: `model.gguf: "tokenizer.ggml.model" is "${model}", a tokenizer that Sluice does not know. Put the tokenizer.json of the original model beside the file, or load that model from the Hub.`,
    });
  });

  test('nor is every pre-tokenizer', () => {
    expect(bad(byteLevel({ 'ggml.pre': 'afmoe' }))).toMatchObject({ code: 'tokenizer', key: 'tokenizer.ggml.pre', message: expect.stringContaining('"afmoe", a pre-tokenizer that') });
  });
});
