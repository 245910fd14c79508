import { abortable } from '../../engine/gpu/abortable.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { createChatTemplate, type ChatTemplate } from './chat-template.ts';
import { createTokenizer, type Tokenizer } from './tokenizer.ts';

/** What a checkpoint says about text; both are optional, since weights alone can be run on token ids. */
export interface ModelText {
  readonly tokenizer: Tokenizer | undefined;
  readonly template: ChatTemplate | undefined;
}

/** Reads the tokenizer and the chat template from the places where the Hub keeps them. */
export async function loadText(checkpoint: Checkpoint, signal: AbortSignal | undefined): Promise<ModelText> {
  const [tokenizerJson, tokenizerConfig, templateJinja, templateJson] = await Promise.all([
    checkpoint.readJson('tokenizer.json', signal),
    checkpoint.readJson('tokenizer_config.json', signal),
    checkpoint.readText('chat_template.jinja', signal),
    checkpoint.readJson('chat_template.json', signal),
  ]);
  return {
    tokenizer: tokenizerJson === undefined ? undefined : createTokenizer(tokenizerJson, tokenizerConfig),
    template: await abortable(createChatTemplate({ tokenizerConfig, templateJinja, templateJson }), signal),
  };
}
