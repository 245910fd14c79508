import type { ConfigReader } from '../../config/config-reader.ts';

/** Which tokens have a part to play, and whether the two at the ends of a text are added to it. */
export interface TokenRoles {
  readonly bos: number | undefined;
  readonly eos: number | undefined;
  readonly unk: number | undefined;
  readonly sep: number | undefined;
  readonly pad: number | undefined;
  readonly mask: number | undefined;
  readonly addBos: boolean;
  readonly addEos: boolean;
}

/** What holds where the metadata is silent. */
export interface RoleDefaults {
  readonly bos?: number;
  readonly eos?: number;
  readonly unk?: number;
  readonly addBos: boolean;
}

/** What sentencepiece's own defaults are, and llama.cpp's for `tokenizer.ggml.model` = `llama`. */
export const SENTENCEPIECE_ROLES: RoleDefaults = { unk: 0, bos: 1, eos: 2, addBos: true };

/**
 * The ids under `tokenizer.ggml.*_token_id`.
 *
 * @param count of the vocabulary's tokens.
 * @throws ConfigError where an id is none of the vocabulary, or one that is to be added is missing.
 */
export function readRoles(metadata: ConfigReader, count: number, defaults: RoleDefaults): TokenRoles {
  const id = (name: string, fallback?: number): number | undefined =>
    metadata.optionalInteger(`tokenizer.ggml.${name}_token_id`, { max: count - 1 }) ?? (fallback !== undefined && fallback < count ? fallback : undefined);
  const adds = (name: 'bos' | 'eos', fallback: boolean, token: number | undefined): boolean => {
    const add = metadata.boolean(`tokenizer.ggml.add_${name}_token`, { default: fallback });
    if (add && token === undefined) throw metadata.error(`tokenizer.ggml.${name}_token_id`, 'the id of a token, since this tokenizer adds it to every text');
    return add;
  };
  const bos = id('bos', defaults.bos);
  const eos = id('eos', defaults.eos);
  return {
    bos,
    eos,
    unk: id('unknown', defaults.unk),
    // Misspelt in the format itself.
    sep: id('seperator'),
    pad: id('padding'),
    mask: id('mask'),
    addBos: adds('bos', defaults.addBos, bos),
    addEos: adds('eos', false, eos),
  };
}
