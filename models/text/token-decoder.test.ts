import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { describe, expect, test } from 'vitest';
import { uniform } from '../../shaders/random.ts';
import { createTokenizer } from './tokenizer.ts';

const replace = { type: 'Replace', pattern: { String: '▁' }, content: ' ' };
const byteFallback = { type: 'ByteFallback' };
const fuse = { type: 'Fuse' };
const strip = { type: 'Strip', content: ' ', start: 1, stop: 0 };

const decoders: Record<string, unknown> = {
  'Llama 2: byte fallback, and the dummy space stripped': { type: 'Sequence', decoders: [replace, byteFallback, fuse, strip] },
  'Gemma: nothing stripped': { type: 'Sequence', decoders: [replace, byteFallback, fuse] },
  'a strip of each token': { type: 'Sequence', decoders: [replace, strip, fuse] },
  'two spaces stripped': { type: 'Sequence', decoders: [replace, fuse, { ...strip, start: 2 }] },
  'a replacement after fusing': { type: 'Sequence', decoders: [fuse, replace] },
  Metaspace: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always' },
  'byte-level': { type: 'ByteLevel' },
  'byte-level, in a sequence': { type: 'Sequence', decoders: [{ type: 'ByteLevel' }] },
};

const tokens = ['▁', '▁▁', '▁a', 'a▁b', 'b', '<0xE2>', '<0x82>', '<0xAC>', '<0x20>', 'Ġ', 'â', 'Ĥ', '¬', '<0xZZ>'];

function json(decoder: unknown): Record<string, unknown> {
  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return { model: { type: 'BPE', vocab, merges: [] }, added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder };
}

describe('token by token gives what the library gives for all tokens at once', () => {
  test.each(Object.entries(decoders))('%s', (name, decoder) => {
    const tokenizer = createTokenizer(json(decoder), undefined);
    const hub = new HubTokenizer(json(decoder), {});
    const next = uniform(name.length);
    for (let run = 0; run < 500; run += 1) {
      const ids = Array.from({ length: 1 + Math.floor(next() * 8) }, () => Math.floor(next() * tokens.length));
      // The library turns what is outside the byte-level alphabet into zero bytes, where the Hub keeps it as it is.
      if (name.startsWith('byte-level') && ids.some((id) => tokens[id]?.includes('▁'))) continue;
      const expected = hub.decode(ids, { clean_up_tokenization_spaces: false });
      expect({ ids, text: tokenizer.decode(ids, { skipSpecialTokens: false }) }).toEqual({ ids, text: expected });
    }
  });
});

test('a token outside the byte-level alphabet stands for itself', () => {
  const tokenizer = createTokenizer(json({ type: 'ByteLevel' }), undefined);
  expect(tokenizer.decode([2, 9, 4], { skipSpecialTokens: false })).toBe('▁a b');
});

test('a Metaspace that prepends nothing strips nothing', () => {
  const tokenizer = createTokenizer(json({ type: 'Metaspace', replacement: '▁', prepend_scheme: 'never' }), undefined);
  expect(tokenizer.decode([2, 4], { skipSpecialTokens: false })).toBe(' ab');
});
