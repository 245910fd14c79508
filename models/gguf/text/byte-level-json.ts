import type { ConfigReader } from '../../config/config-reader.ts';
import { TokenizerError } from '../../errors/tokenizer-error.ts';
import type { PreTokenizer } from './pre-tokenizers.ts';
import type { TokenizerParts } from './tokenizer-parts.ts';
import { readStrings, type Vocabulary } from './vocabulary.ts';

const MERGES = 'tokenizer.ggml.merges';
const BYTE_LEVEL = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false };

/**
 * `tokenizer.ggml.model` = `gpt2`: BPE over bytes that are spelt as characters.
 *
 * @throws ConfigError, TokenizerError where a merge does not join two tokens into a third.
 */
export function byteLevelParts(metadata: ConfigReader, { ids }: Vocabulary, { splits, ignoreMerges, normalizer }: PreTokenizer): TokenizerParts {
  return {
    normalizer: normalizer === undefined ? null : { type: normalizer },
    pre_tokenizer: { type: 'Sequence', pretokenizers: [...splits.map(split), BYTE_LEVEL] },
    decoder: BYTE_LEVEL,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: ignoreMerges === true,
      vocab: Object.fromEntries(ids),
      merges: readMerges(metadata, ids),
    },
  };
}

function split(pattern: string): object {
  return { type: 'Split', pattern: { Regex: pattern }, behavior: 'Isolated', invert: false };
}

function readMerges(metadata: ConfigReader, ids: ReadonlyMap<string, number>): [string, string][] {
  return readStrings(metadata, MERGES).map((merge, index) => {
    // The tokens themselves have no spaces, since byte-level BPE spells them otherwise.
    const space = merge.indexOf(' ');
    const left = merge.slice(0, Math.max(space, 0));
    const right = merge.slice(space + 1);
    if (!ids.has(left) || !ids.has(right) || !ids.has(merge.replace(' ', ''))) {
      throw new TokenizerError(metadata.file, `${MERGES}.${index}`, `is ${JSON.stringify(merge)}, which does not join two tokens of the vocabulary into a third.`);
    }
    return [left, right];
  });
}
