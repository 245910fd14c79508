import type { ConfigReader } from '../../config/config-reader.ts';
import { TOKEN_TYPE, type Vocabulary } from './vocabulary.ts';

export type IsSpecial = (id: number) => boolean;

/**
 * The tokens that a text may spell out, which are found before anything else is done to it: the special ones, and those that whoever trained
 * the model defined. Both stand in a GGUF file as they stand in a text.
 */
export function addedTokens(metadata: ConfigReader, { tokens, types, ids }: Vocabulary, isSpecial: IsSpecial): object[] {
  const stripsRight = isPhi3(metadata);
  return [...ids.values()]
    .filter((id) => types[id] === TOKEN_TYPE.userDefined || isSpecial(id))
    .map((id) => ({
      id,
      content: tokens[id],
      single_word: false,
      lstrip: false,
      rstrip: stripsRight && !PHI3_KEEPS.includes(tokens[id] ?? ''),
      normalized: false,
      special: isSpecial(id),
    }));
}

/** GGUF does not say that Phi-3's special tokens swallow the white space after them; llama.cpp goes by the model's name, too. */
function isPhi3(metadata: ConfigReader): boolean {
  return /phi-?3/i.test(metadata.optionalString('general.name') ?? '');
}

const PHI3_KEEPS: readonly string[] = ['<unk>', '<s>', '<|endoftext|>'];
