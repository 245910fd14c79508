import type { ConfigReader } from '../../config/config-reader.ts';
import { ConfigError } from '../../errors/config-error.ts';
import { TokenizerError } from '../../errors/tokenizer-error.ts';
import { sentencepieceMerges } from './sentencepiece-merges.ts';
import type { TokenizerParts } from './tokenizer-parts.ts';
import { readNumbers, TOKEN_TYPE, type Vocabulary } from './vocabulary.ts';

const SCORES = 'tokenizer.ggml.scores';
const TOKENS = 'tokenizer.ggml.tokens';

/**
 * `tokenizer.ggml.model` = `llama`: sentencepiece's BPE, as transformers converts it. Spaces are spelt ▁, a text begins with one that it does
 * not have, and characters without a piece become bytes. Llama.cpp adds that first space after every special token as well; so does
 * this normalizer, which sees the stretches between them one by one.
 *
 * @param unk the unknown token's id.
 * @throws ConfigError, TokenizerError where scores are missing, or byte tokens are.
 */
export function sentencepieceParts(metadata: ConfigReader, vocabulary: Vocabulary, unk: number | undefined): TokenizerParts {
  const { tokens, ids } = vocabulary;
  // The keys `remove_extra_whitespaces` and `precompiled_charsmap` belong to Unigram tokenizers; llama.cpp does not apply them here.
  const addsSpace = metadata.boolean('tokenizer.ggml.add_space_prefix', { default: true });
  const escape = { type: 'Replace', pattern: { String: ' ' }, content: '▁' };
  const unescape = { type: 'Replace', pattern: { String: '▁' }, content: ' ' };
  return {
    normalizer: addsSpace ? { type: 'Sequence', normalizers: [{ type: 'Prepend', prepend: '▁' }, escape] } : escape,
    pre_tokenizer: null,
    decoder: {
      type: 'Sequence',
      decoders: [unescape, { type: 'ByteFallback' }, { type: 'Fuse' }, ...(addsSpace ? [{ type: 'Strip', content: ' ', start: 1, stop: 0 }] : [])],
    },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: unk === undefined ? null : (tokens[unk] ?? null),
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: true,
      byte_fallback: hasBytes(metadata, vocabulary),
      ignore_merges: false,
      vocab: Object.fromEntries(ids),
      merges: sentencepieceMerges(vocabulary, readScores(metadata, tokens.length)),
    },
  };
}

function readScores(metadata: ConfigReader, count: number): ArrayLike<number> {
  const scores = readNumbers(metadata, SCORES, count);
  for (let id = 0; id < count; id += 1) if (!Number.isFinite(scores[id])) throw new ConfigError(metadata.file, `${SCORES}.${id}`, 'a number', scores[id]);
  return scores;
}

/** Whether characters may be spelt as bytes: the vocabulary has either none of the 256 tokens `<0x00>` to `<0xFF>`, or all. */
function hasBytes(metadata: ConfigReader, { tokens, types, ids }: Vocabulary): boolean {
  const count = types.reduce((sum, type) => sum + (type === TOKEN_TYPE.byte ? 1 : 0), 0);
  if (count === 0) return false;
  for (let byte = 0; byte < 256; byte += 1) {
    const token = `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;
    if (types[ids.get(token) ?? tokens.length] !== TOKEN_TYPE.byte) throw new TokenizerError(metadata.file, TOKENS, `has ${count} byte tokens, but not ${token}.`);
  }
  return true;
}
