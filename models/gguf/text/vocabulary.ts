import type { ConfigReader } from '../../config/config-reader.ts';
import { ConfigError } from '../../errors/config-error.ts';
import { TokenizerError } from '../../errors/tokenizer-error.ts';

/** What a token is, as GGUF numbers it (`TokenType` in gguf-py's `constants.py`). */
export const TOKEN_TYPE = { normal: 1, unknown: 2, control: 3, userDefined: 4, unused: 5, byte: 6 } as const;

const LAST_TYPE = TOKEN_TYPE.byte;

const TOKENS = 'tokenizer.ggml.tokens';
const TYPES = 'tokenizer.ggml.token_type';

/** The tokens of a GGUF file. Converters fill the ids that mean nothing with unused tokens; those are in `tokens`, but not in `ids`. */
export interface Vocabulary {
  /** Texts by id. */
  readonly tokens: readonly string[];
  /** One of `TOKEN_TYPE` by id. */
  readonly types: Uint8Array;
  readonly ids: ReadonlyMap<string, number>;
}

/**
 * `tokenizer.ggml.tokens` and `token_type`. A file without types has normal tokens only.
 *
 * @throws ConfigError, TokenizerError where there are none, or where they do not fit together.
 */
export function readVocabulary(metadata: ConfigReader): Vocabulary {
  const tokens = readStrings(metadata, TOKENS);
  const types = readTypes(metadata, tokens.length);
  const ids = new Map<string, number>();
  tokens.forEach((token, id) => {
    // An empty token adds nothing to a text, so that it is as good as unused.
    if (types[id] === TOKEN_TYPE.unused || token === '') return;
    const first = ids.get(token);
    if (first !== undefined) throw new TokenizerError(metadata.file, `${TOKENS}.${id}`, `is ${JSON.stringify(token)}, which token ${first} is already.`);
    ids.set(token, id);
  });
  return { tokens, types, ids };
}

/** @throws ConfigError where the key holds anything but a list of strings. */
export function readStrings(metadata: ConfigReader, key: string): readonly string[] {
  const list = metadata.array(key);
  // A vocabulary has a quarter of a million entries: no call that prepares an error message for each.
  const wrong = list.findIndex((value) => typeof value !== 'string');
  if (wrong !== -1) throw new ConfigError(metadata.file, `${key}.${wrong}`, 'a string', list[wrong]);
  return list as readonly string[];
}

/**
 * Numbers, one for each token.
 *
 * @throws ConfigError where there are none, or another number of them.
 */
export function readNumbers(metadata: ConfigReader, key: string, count: number): ArrayLike<number> {
  const value = metadata.raw(key);
  const numbers = ArrayBuffer.isView(value) && !(value instanceof DataView) ? (value as unknown as ArrayLike<number>) : undefined;
  if (numbers?.length !== count) {
    throw new ConfigError(metadata.file, key, `${count} numbers, one for each token`, numbers === undefined ? value : `${numbers.length} numbers`);
  }
  return numbers;
}

function readTypes(metadata: ConfigReader, count: number): Uint8Array {
  if (!metadata.has(TYPES)) return new Uint8Array(count).fill(TOKEN_TYPE.normal);
  const types = readNumbers(metadata, TYPES, count);
  return Uint8Array.from(types, (type, id) => {
    if (!Number.isInteger(type) || type < 1 || type > LAST_TYPE) throw new ConfigError(metadata.file, `${TYPES}.${id}`, `a token type from 1 to ${LAST_TYPE}`, type);
    return type;
  });
}
