import { ConfigReader } from '../../config/config-reader.ts';
import { TokenizerError } from '../../errors/tokenizer-error.ts';
import type { GgufMetadata } from '../metadata.ts';
import { addedTokens, type IsSpecial } from './added-tokens.ts';
import { byteLevelParts } from './byte-level-json.ts';
import { findPreTokenizer, type PreTokenizer } from './pre-tokenizers.ts';
import { sentencepieceParts } from './sentencepiece-json.ts';
import { tokenizerConfig } from './tokenizer-config.ts';
import { hasTokenizer, TOKENIZER_MODEL } from './tokenizer-kind.ts';
import type { TokenizerParts } from './tokenizer-parts.ts';
import { readRoles, SENTENCEPIECE_ROLES, type TokenRoles } from './token-roles.ts';
import { readVocabulary, TOKEN_TYPE, type Vocabulary } from './vocabulary.ts';

export interface GgufTokenizer {
  /** What `tokenizer.json` would hold. */
  readonly tokenizerJson: object;
  /** What `tokenizer_config.json` would hold. */
  readonly tokenizerConfig: object;
}

/**
 * The tokenizer of a GGUF file, in the form in which the Hub keeps tokenizers; undefined where the file has no vocabulary. The keys are
 * described in ggml's `docs/gguf.md`, what they mean where that is silent in llama.cpp's `src/llama-vocab.cpp`.
 *
 * @param file named in errors.
 * @throws ConfigError, TokenizerError naming the key, where the metadata is malformed or asks for a tokenizer that is not supported.
 */
export function ggufTokenizer(metadata: GgufMetadata, file: string): GgufTokenizer | undefined {
  const reader = new ConfigReader(Object.fromEntries(metadata), file);
  if (!hasTokenizer(reader)) return undefined;
  const vocabulary = readVocabulary(reader);
  const { roles, parts } = build(reader, vocabulary);

  const isSpecial: IsSpecial = (id) => {
    const type = vocabulary.types[id];
    if (type === TOKEN_TYPE.control || type === TOKEN_TYPE.unknown) return true;
    // Some converters note every token as normal; but a text as a whole begins and ends with these.
    return type === TOKEN_TYPE.normal && (id === roles.eos || (roles.addBos && id === roles.bos));
  };
  return {
    tokenizerJson: {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: addedTokens(reader, vocabulary, isSpecial),
      ...parts,
      post_processor: postProcessor(vocabulary, roles),
    },
    tokenizerConfig: tokenizerConfig(reader, vocabulary, roles, isSpecial),
  };
}

interface Built {
  readonly roles: TokenRoles;
  readonly parts: TokenizerParts;
}

function build(metadata: ConfigReader, vocabulary: Vocabulary): Built {
  switch (metadata.string(TOKENIZER_MODEL)) {
    case 'gpt2':
      return byteLevel(metadata, vocabulary);
    case 'llama':
      return sentencepiece(metadata, vocabulary);
    default:
      throw unsupported(metadata, TOKENIZER_MODEL, 'tokenizer');
  }
}

function byteLevel(metadata: ConfigReader, vocabulary: Vocabulary): Built {
  const preTokenizer = readPreTokenizer(metadata);
  return {
    roles: readRoles(metadata, vocabulary.tokens.length, { addBos: preTokenizer.addBos === true }),
    parts: byteLevelParts(metadata, vocabulary, preTokenizer),
  };
}

function sentencepiece(metadata: ConfigReader, vocabulary: Vocabulary): Built {
  const roles = readRoles(metadata, vocabulary.tokens.length, SENTENCEPIECE_ROLES);
  return { roles, parts: sentencepieceParts(metadata, vocabulary, roles.unk) };
}

function readPreTokenizer(metadata: ConfigReader): PreTokenizer {
  const key = 'tokenizer.ggml.pre';
  // Old files do not have the key, and there is no telling which pre-tokenizer they mean.
  const preTokenizer = findPreTokenizer(metadata.string(key));
  if (preTokenizer === undefined) throw unsupported(metadata, key, 'pre-tokenizer');
  return preTokenizer;
}

function postProcessor({ tokens }: Vocabulary, { addBos, bos, addEos, eos }: TokenRoles): object | null {
  const special = (add: boolean, id: number | undefined): { readonly id: number; readonly token: string }[] => (add && id !== undefined ? [{ id, token: tokens[id] ?? '' }] : []);
  const before = special(addBos, bos);
  const after = special(addEos, eos);
  if (before.length + after.length === 0) return null;
  const items = (added: typeof before, type_id: number): object[] => added.map(({ token }) => ({ SpecialToken: { id: token, type_id } }));
  const sequence = (id: 'A' | 'B', type_id: number): object[] => [...items(before, type_id), { Sequence: { id, type_id } }, ...items(after, type_id)];
  return {
    type: 'TemplateProcessing',
    single: sequence('A', 0),
    pair: [...sequence('A', 0), ...sequence('B', 1)],
    special_tokens: Object.fromEntries([...before, ...after].map(({ id, token }) => [token, { id: token, ids: [id], tokens: [token] }])),
  };
}

function unsupported(metadata: ConfigReader, key: string, what: string): TokenizerError {
  return new TokenizerError(
    metadata.file,
    key,
    `is ${JSON.stringify(metadata.raw(key))}, a ${what} that Sluice does not know. Put the tokenizer.json of the original model beside the file, or load that model from the Hub.`,
  );
}
