import type { ConfigReader } from '../../config/config-reader.ts';
import type { IsSpecial } from './added-tokens.ts';
import { readStrings, TOKEN_TYPE, type Vocabulary } from './vocabulary.ts';
import type { TokenRoles } from './token-roles.ts';

/**
 * What `tokenizer_config.json` would hold: the special tokens' names and the chat templates.
 *
 * @param isSpecial whether a token is one by itself. Ordinary ones get no name: some converters note padding as id 0, whatever that is, and a
 * named token is left out of decoded text.
 * @throws ConfigError where a template is none.
 */
export function tokenizerConfig(metadata: ConfigReader, { tokens, types }: Vocabulary, roles: TokenRoles, isSpecial: IsSpecial): Record<string, unknown> {
  const { bos, eos, unk, sep, pad, mask } = roles;
  const named = Object.entries({ bos_token: bos, eos_token: eos, unk_token: unk, sep_token: sep, pad_token: pad, mask_token: mask }).flatMap(([name, id]) =>
    id !== undefined && (isSpecial(id) || types[id] === TOKEN_TYPE.userDefined) ? [[name, tokens[id]] as const] : [],
  );
  const template = chatTemplate(metadata);
  return {
    ...Object.fromEntries(named),
    add_bos_token: roles.addBos,
    add_eos_token: roles.addEos,
    clean_up_tokenization_spaces: false,
    ...(template === undefined ? {} : { chat_template: template }),
  };
}

interface NamedTemplate {
  readonly name: string;
  readonly template: string;
}

/** `tokenizer.chat_template`, and the ones that `tokenizer.chat_templates` lists beside it. */
function chatTemplate(metadata: ConfigReader): string | readonly NamedTemplate[] | undefined {
  const main = metadata.optionalString('tokenizer.chat_template');
  if (!metadata.has('tokenizer.chat_templates')) return main;
  const others = readStrings(metadata, 'tokenizer.chat_templates').filter((name) => name !== 'default');
  const named = others.map((name) => ({ name, template: metadata.string(`tokenizer.chat_template.${name}`) }));
  return main === undefined ? named : [{ name: 'default', template: main }, ...named];
}
