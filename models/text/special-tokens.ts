import { ConfigReader } from '../config/config-reader.ts';

const NAMES = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token'] as const;

export interface NamedSpecialTokens {
  readonly bos?: string;
  readonly eos?: string;
  /** Every token that `tokenizer_config.json` gives a role, `additional_special_tokens` included. */
  readonly all: ReadonlySet<string>;
  /** The roles that are filled, as variables of a chat template: `bos_token`, `eos_token`, … */
  readonly variables: Readonly<Record<string, string>>;
}

/**
 * The special tokens that `tokenizer_config.json` names: each a string, or an AddedToken object with its text in `content`.
 *
 * @throws ConfigError where a name holds something else.
 */
export function namedSpecialTokens(tokenizerConfig: unknown): NamedSpecialTokens {
  const config = new ConfigReader(tokenizerConfig ?? {}, 'tokenizer_config.json');
  const variables: Record<string, string> = {};
  for (const name of NAMES) {
    const text = tokenText(config, name);
    if (text !== undefined) variables[name] = text;
  }
  const { bos_token: bos, eos_token: eos } = variables;
  return {
    ...(bos === undefined ? {} : { bos }),
    ...(eos === undefined ? {} : { eos }),
    all: new Set([...Object.values(variables), ...additionalTokens(config)]),
    variables,
  };
}

function additionalTokens(config: ConfigReader): string[] {
  const list = config.optionalArray('additional_special_tokens');
  if (list === undefined) return [];
  const entries = new ConfigReader({ ...list }, config.file, 'additional_special_tokens');
  return list.map((_, index) => tokenText(entries, String(index))).filter((text) => text !== undefined);
}

function tokenText(config: ConfigReader, key: string): string | undefined {
  const value = config.raw(key);
  return typeof value === 'string' ? value : config.optionalObject(key)?.string('content');
}
