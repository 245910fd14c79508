import { ConfigReader } from '../config/config-reader.ts';
import { ConfigError } from '../errors/config-error.ts';

export const TOKENIZER_JSON = 'tokenizer.json';

/** More ids than any vocabulary has; beyond it a stray number would make the vocabulary's array grow without bound. */
const LARGEST_ID = 2 ** 24 - 1;

export interface CheckedTokenizerJson {
  /** The file with every part that may be left out set to null. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly vocabularySize: number;
  readonly addedSpecialIds: readonly number[];
}

/**
 * Checks what @huggingface/tokenizers takes on trust: that the vocabulary, the merges and the added tokens are what they should be.
 *
 * @throws ConfigError naming the key.
 */
export function checkTokenizerJson(tokenizerJson: unknown): CheckedTokenizerJson {
  const file = new ConfigReader(tokenizerJson, TOKENIZER_JSON);
  const largestModelId = checkModel(file.object('model'));
  const added = readAddedTokens(file);
  for (const part of PARTS) file.optionalObject(part);
  return {
    json: { added_tokens: [], ...Object.fromEntries(PARTS.map((part) => [part, null])), ...withoutNull(tokenizerJson) },
    vocabularySize: added.reduce((largest, token) => Math.max(largest, token.id), largestModelId) + 1,
    addedSpecialIds: added.filter((token) => token.special).map((token) => token.id),
  };
}

const PARTS = ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder'] as const;

function withoutNull(json: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(json ?? {}).filter(([, value]) => value !== null));
}

/** The largest id of the model's vocabulary. */
function checkModel(model: ConfigReader): number {
  // Old files leave the type out; every BPE has merges, and only a Unigram has a list for a vocabulary.
  const type = model.optionalString('type') ?? (model.has('merges') ? 'BPE' : 'Unigram');
  if (type === 'Unigram') return checkUnigramVocabulary(model);
  if (type === 'BPE') checkMerges(model);
  return checkVocabulary(model);
}

function checkVocabulary(model: ConfigReader): number {
  const vocabulary = model.object('vocab');
  let largest = -1;
  for (const token of vocabulary.keys()) {
    const id = vocabulary.raw(token);
    // A vocabulary has a quarter of a million entries: no call that prepares an error message for each.
    if (!isId(id)) throw vocabulary.error(token, `a whole number from 0 to ${LARGEST_ID}`);
    largest = Math.max(largest, id);
  }
  return largest;
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= LARGEST_ID;
}

function checkUnigramVocabulary(model: ConfigReader): number {
  const pieces = model.array('vocab');
  const wrong = pieces.findIndex((piece) => !Array.isArray(piece) || typeof piece[0] !== 'string' || typeof piece[1] !== 'number');
  if (wrong !== -1) throw new ConfigError(TOKENIZER_JSON, `model.vocab.${wrong}`, 'a pair of a token and its score', pieces[wrong]);
  return pieces.length - 1;
}

function checkMerges(model: ConfigReader): void {
  const merges = model.array('merges');
  const wrong = merges.findIndex((merge) => !isMerge(merge));
  if (wrong !== -1) throw new ConfigError(TOKENIZER_JSON, `model.merges.${wrong}`, 'two tokens, as a list or with one space between them', merges[wrong]);
}

function isMerge(merge: unknown): boolean {
  if (typeof merge === 'string') {
    const space = merge.indexOf(' ');
    return space !== -1 && merge.indexOf(' ', space + 1) === -1;
  }
  return Array.isArray(merge) && merge.length === 2 && merge.every((token) => typeof token === 'string');
}

function readAddedTokens(file: ConfigReader): { readonly id: number; readonly special: boolean }[] {
  return (file.optionalArray('added_tokens') ?? []).map((token, index) => {
    const reader = new ConfigReader(token, TOKENIZER_JSON, `added_tokens.${index}`);
    reader.string('content');
    return { id: reader.integer('id', { max: LARGEST_ID }), special: reader.boolean('special', { default: false }) };
  });
}
