import { ConfigReader } from '../config/config-reader.ts';

export interface ChatTemplateFiles {
  /** The parsed `tokenizer_config.json`. */
  readonly tokenizerConfig: unknown;
  /** The text of `chat_template.jinja`. */
  readonly templateJinja?: string | undefined;
  /** The parsed `chat_template.json`. */
  readonly templateJson?: unknown;
}

export interface ChatTemplateSource {
  readonly file: string;
  /** Jinja by name; a checkpoint with one template has it under `default`. */
  readonly templates: ReadonlyMap<string, string>;
}

/**
 * The first file that has a chat template: `chat_template.jinja`, `chat_template.json`, `tokenizer_config.json`.
 *
 * @throws ConfigError where the first one to have the key holds something else there.
 */
export function findChatTemplate(files: ChatTemplateFiles): ChatTemplateSource | undefined {
  if (files.templateJinja !== undefined) return { file: 'chat_template.jinja', templates: new Map([['default', files.templateJinja]]) };
  return fromJson(files.templateJson, 'chat_template.json') ?? fromJson(files.tokenizerConfig, 'tokenizer_config.json');
}

function fromJson(json: unknown, file: string): ChatTemplateSource | undefined {
  if (json === undefined || json === null) return undefined;
  const config = new ConfigReader(json, file);
  if (!config.has('chat_template')) return undefined;
  const value = config.raw('chat_template');
  if (typeof value === 'string') return { file, templates: new Map([['default', value]]) };
  if (!Array.isArray(value)) throw config.error('chat_template', 'a template, or a list of named templates');
  const named = value.map((entry, index) => {
    const reader = new ConfigReader(entry, file, `chat_template.${index}`);
    return [reader.string('name'), reader.string('template')] as const;
  });
  return { file, templates: new Map(named) };
}
