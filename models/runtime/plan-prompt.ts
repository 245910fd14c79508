import { ContextFullError } from '../../engine/errors/generate-errors.ts';
import type { Sequence } from '../../engine/schedule/sequence.ts';
import { PromptError } from '../errors/prompt-error.ts';
import type { Message, Prompt } from '../model.ts';
import type { ModelText } from '../text/load-text.ts';

export interface PromptContext {
  readonly sequence: Sequence;
  readonly transcript: string;
  readonly text: ModelText;
  /** Tokens that the sequence can hold. */
  readonly context: number;
}

export interface PlannedPrompt {
  /** The whole sequence as it shall be read. */
  readonly tokens: readonly number[];
  /** How many of them the state already holds and keeps. */
  readonly keep: number;
  readonly transcript: string;
}

/** Works out the next contents of a sequence. Throws `ContextFullError` or `PromptError` before anything is changed. */
export function planPrompt(prompt: Prompt, context: PromptContext): PlannedPrompt {
  const planned = plan(prompt, context);
  const { position } = context.sequence;
  if (planned.tokens.length > context.context) throw new ContextFullError(planned.tokens.length - planned.keep, context.context - Math.min(position, planned.keep), context.context);
  if (planned.tokens.length === planned.keep) throw new PromptError('The prompt is empty: there is nothing for the model to read.');
  return planned;
}

function plan(prompt: Prompt, context: PromptContext): PlannedPrompt {
  const { sequence, transcript } = context;
  if (typeof prompt === 'string') {
    const first = sequence.tokens.length === 0;
    return { tokens: [...sequence.tokens, ...encode(context, prompt, first)], keep: sequence.position, transcript: transcript + prompt };
  }
  if ('tokens' in prompt) return { tokens: [...sequence.tokens, ...prompt.tokens], keep: sequence.position, transcript: '' };
  return planMessages(prompt, context);
}

/**
 * A conversation is rendered as a whole. Where it continues the text that the sequence holds, only the rest is read;
 * else as much is kept as its tokens have in common with the sequence.
 */
function planMessages(messages: readonly Message[], context: PromptContext): PlannedPrompt {
  const { sequence, transcript, text } = context;
  if (!text.template) throw new PromptError('This checkpoint has no chat template: it continues text. Pass the prompt as a string.');
  const rendered = text.template.render(messages, { addGenerationPrompt: true });
  if (transcript && rendered.length > transcript.length && rendered.startsWith(transcript)) {
    const rest = encode(context, rendered.slice(transcript.length), false);
    return { tokens: [...sequence.tokens, ...rest], keep: sequence.position, transcript: rendered };
  }
  const tokens = encode(context, rendered, false);
  return { tokens, keep: sequence.reusable(tokens), transcript: rendered };
}

function encode({ text }: PromptContext, prompt: string, addSpecialTokens: boolean): number[] {
  if (!text.tokenizer) throw new PromptError('This checkpoint has no tokenizer.json, so it can only be prompted with token ids.');
  return text.tokenizer.encode(prompt, { addSpecialTokens });
}
