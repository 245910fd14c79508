import { ConfigReader } from '../../config/config-reader.ts';
import type { GgufMetadata } from '../metadata.ts';
import { SENTENCEPIECE_ROLES } from './token-roles.ts';
import { hasTokenizer, TOKENIZER_MODEL } from './tokenizer-kind.ts';
import { readVocabulary, TOKEN_TYPE, type Vocabulary } from './vocabulary.ts';

/** Tokens that end a generation wherever a vocabulary has them (`special_eog_ids` in llama.cpp's `llama-vocab.cpp`). */
const ENDS = [
  '<|eot_id|>', '<|im_end|>', '<|end|>', '<|return|>', '<|call|>', '<|flush|>', '<|calls|>', '<end_of_turn>', '<|endoftext|>', '<|eom_id|>', '<EOT>', '_<EOT>', '[EOT]', '[EOS]',
  '<|end_of_text|>', '<end_of_utterance>', '<eos>', '<turn|>', '<|tool_response>', '<｜end▁of▁sentence｜>', '[e~[',
];

/** Keys of tokens that end a generation, and the texts by which such a token is found where the key is missing; the first one counts. */
const KEYED_ENDS: readonly (readonly [key: string, ...texts: readonly string[]])[] = [
  ['eos'],
  ['eot'],
  ['eom'],
  ['fim_pad', '<|fim_pad|>', '<fim-pad>', '<fim_pad>', '<PAD>', '[PAD]'],
  ['fim_rep', '<|fim_repo|>', '<|repo_name|>', '<fim-repo>', '<REPO>', '<reponame>'],
  ['fim_sep', '<|file_sep|>'],
];

const STATED_ENDS = ['eos', 'eot', 'eom'].map((name) => `tokenizer.ggml.${name}_token_id`);

/**
 * The ids that end a generation, in ascending order, found as llama.cpp finds them: by their keys, and by their texts, because
 * most converters write only one of the several tokens with which a chat model may end. By their keys alone where a file has no vocabulary.
 *
 * @throws ConfigError, TokenizerError where the vocabulary is malformed or an id is not in it.
 */
export function ggufStopTokens(metadata: GgufMetadata, file: string): number[] {
  const reader = new ConfigReader(Object.fromEntries(metadata), file);
  const found = hasTokenizer(reader) ? findStopTokens(reader, readVocabulary(reader)) : new Set(STATED_ENDS.map((key) => reader.optionalInteger(key)).filter((id) => id !== undefined));
  return [...found].sort((a, b) => a - b);
}

function findStopTokens(metadata: ConfigReader, { tokens, types, ids }: Vocabulary): Set<number> {
  const found = new Set<number>();
  const add = (id: number | undefined): void => void (id === undefined || found.add(id));
  const { eos } = metadata.raw(TOKENIZER_MODEL) === 'llama' ? SENTENCEPIECE_ROLES : {};
  if (eos !== undefined && eos < tokens.length && !metadata.has('tokenizer.ggml.eos_token_id')) add(eos);
  for (const [name, ...texts] of KEYED_ENDS) {
    const id = metadata.optionalInteger(`tokenizer.ggml.${name}_token_id`, { max: tokens.length - 1 });
    add(id ?? texts.map((text) => ids.get(text)).find((known) => known !== undefined));
  }
  for (const text of ENDS) add(ids.get(text));
  // Byte-level vocabularies have it as an ordinary piece, for HTML. (Llama.cpp only excepts Gemma 4's.)
  if (types[ids.get('</s>') ?? -1] !== TOKEN_TYPE.normal) add(ids.get('</s>'));

  const has = (text: string): boolean => found.has(ids.get(text) ?? -1);
  // In the harmony format and its relatives <|end|> ends a message, and an answer may have several.
  if ((has('<|call|>') || has('<|calls|>')) && (has('<|return|>') || has('<|flush|>'))) found.delete(ids.get('<|end|>') ?? -1);
  return found;
}
