import { importModule } from '../../engine/modules/import-module.ts';
import type { Message } from '../model.ts';
import { type ChatTemplateFiles, findChatTemplate } from './chat-template-source.ts';
import type { RenderOptions } from './jinja-template.ts';
import { namedSpecialTokens } from './special-tokens.ts';

/** Turns a conversation into the text that the checkpoint was trained on. */
export interface ChatTemplate {
  /** @throws ChatTemplateError where the template refuses the conversation, or cannot be compiled or run. */
  render(messages: readonly Message[], options: RenderOptions): string;
}

/**
 * The chat template of a checkpoint, or undefined where it has none. What runs templates is a script of its own, which only checkpoints
 * with a template need; it is fetched here rather than with the first message, so that no model is loaded for nothing where it does not come.
 *
 * @throws ConfigError where `chat_template` is neither a template nor a list of named ones; ModuleLoadError.
 */
export async function createChatTemplate(files: ChatTemplateFiles): Promise<ChatTemplate | undefined> {
  const source = findChatTemplate(files);
  if (source === undefined) return undefined;
  const { variables } = namedSpecialTokens(files.tokenizerConfig);
  const { jinjaTemplate } = await importModule(() => import('./jinja-template.ts'));
  return { render: jinjaTemplate(source, variables) };
}
