import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers';
import { ConfigError } from '../errors/config-error.ts';
import { TokenizerError } from '../errors/tokenizer-error.ts';
import { Detokenizer, type TokenText } from './detokenizer.ts';
import { namedSpecialTokens } from './special-tokens.ts';
import { createTokenDecoder } from './token-decoder.ts';
import { checkTokenizerJson, TOKENIZER_JSON } from './tokenizer-json.ts';
import { correctPreTokenizer } from './tokenizers-workarounds.ts';

export interface EncodeOptions {
  /** Whether the checkpoint's post-processor adds its tokens, such as one that begins a sequence. A rendered chat template spells them out itself. */
  readonly addSpecialTokens: boolean;
}

export interface DecodeOptions {
  readonly skipSpecialTokens: boolean;
}

/** A checkpoint's tokenizer: text to token ids and back. */
export interface Tokenizer extends TokenText {
  /** One more than the largest id; a model's embedding may have further rows, which mean nothing. */
  readonly vocabularySize: number;
  readonly bosTokenId?: number;
  readonly eosTokenId?: number;
  encode(text: string, options: EncodeOptions): number[];
  /** The text of all the ids at once, as a `Detokenizer` gives it piecemeal. Nothing is tidied up afterwards. */
  decode(ids: readonly number[], options: DecodeOptions): string;
  tokenId(token: string): number | undefined;
}

/**
 * @param tokenizerJson the parsed `tokenizer.json`.
 * @param tokenizerConfig the parsed `tokenizer_config.json`, which names the special tokens; undefined where the checkpoint has none.
 * @throws TokenizerError, naming file and key, where a file is malformed or asks for something that is not supported.
 */
export function createTokenizer(tokenizerJson: unknown, tokenizerConfig: unknown): Tokenizer {
  try {
    return buildTokenizer(tokenizerJson, tokenizerConfig);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new TokenizerError(error.file, error.key, `must be ${error.expected}, but is ${error.actual}.`, { cause: error });
  }
}

function buildTokenizer(tokenizerJson: unknown, tokenizerConfig: unknown): Tokenizer {
  const { vocabularySize, addedSpecialIds, json } = checkTokenizerJson(tokenizerJson);
  const hub = createHubTokenizer({ ...json, pre_tokenizer: correctPreTokenizer(json.pre_tokenizer) });
  const decoder = createTokenDecoder(json.decoder);
  const named = namedSpecialTokens(tokenizerConfig);
  const special = new Set(addedSpecialIds);
  for (const token of named.all) {
    const id = hub.token_to_id(token);
    if (id !== undefined) special.add(id);
  }
  const bosTokenId = named.bos === undefined ? undefined : hub.token_to_id(named.bos);
  const eosTokenId = named.eos === undefined ? undefined : hub.token_to_id(named.eos);

  const tokenizer: Tokenizer = {
    vocabularySize,
    ...(bosTokenId === undefined ? {} : { bosTokenId }),
    ...(eosTokenId === undefined ? {} : { eosTokenId }),
    strip: decoder.strip,
    encode(text, { addSpecialTokens }) {
      const { ids, tokens } = typed('cannot encode a text', () => hub.encode(text, { add_special_tokens: addSpecialTokens }));
      const unknown = ids.findIndex((id) => !Number.isInteger(id));
      if (unknown !== -1) {
        throw new TokenizerError(TOKENIZER_JSON, 'model.vocab', `has no token ${JSON.stringify(tokens[unknown])}, and no "unk_token" for what it lacks.`);
      }
      return ids;
    },
    decode(ids, options) {
      const detokenizer = new Detokenizer(tokenizer, options);
      return ids.map((id) => detokenizer.push(id)).join('') + detokenizer.flush();
    },
    tokenId: (token) => hub.token_to_id(token),
    tokenBytes(id) {
      const token = hub.id_to_token(id);
      return token === undefined ? NO_BYTES : decoder.bytes(token);
    },
    isSpecial: (id) => special.has(id),
  };
  return tokenizer;
}

const NO_BYTES = new Uint8Array(0);

// The second argument is only read for things that Sluice does itself (special tokens, tidying up of decoded text).
const createHubTokenizer = (json: object): HubTokenizer => typed('cannot be used', () => new HubTokenizer(json, {}));

/** What the library makes of a malformed file shows when it is built, or only when the malformed part is used. */
function typed<T>(problem: string, run: () => T): T {
  try {
    return run();
  } catch (cause) {
    throw new TokenizerError(TOKENIZER_JSON, '', `${problem}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
