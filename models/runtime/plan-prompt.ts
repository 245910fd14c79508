import { ContextFullError } from '../../engine/errors/generate-errors.ts';
import type { Sequence } from '../../engine/schedule/sequence.ts';
import { PromptError } from '../errors/prompt-error.ts';
import type { Message, Prompt } from '../model.ts';
import type { ModelText } from '../text/load-text.ts';
import type { Tokenizer } from '../text/tokenizer.ts';
import { checkTokens } from './check-tokens.ts';
import { encodeContinuation } from './encode-continuation.ts';

export interface PromptContext {
  readonly sequence: Pick<Sequence, 'tokens' | 'position' | 'reusable'>;
  /** The text that the sequence stands for; undefined where it was not made of messages alone. */
  readonly transcript: string | undefined;
  readonly text: ModelText;
  /** Tokens that the sequence can hold. */
  readonly context: number;
  readonly vocabulary: number;
}

export interface PlannedPrompt {
  /** The whole sequence as it shall be read. */
  readonly tokens: readonly number[];
  /** How many of them the state already holds and keeps. */
  readonly keep: number;
  readonly transcript: string | undefined;
}

/**
 * Works out the next contents of a sequence and changes nothing. Throws `ContextFullError`; `PromptError` where there is
 * nothing to read or the checkpoint cannot read it; `InvalidOptionError` for a wrong token id; and what the template throws.
 */
export function planPrompt(prompt: Prompt, context: PromptContext): PlannedPrompt {
  const planned = plan(prompt, context);
  const { position } = context.sequence;
  if (planned.tokens.length > context.context) throw new ContextFullError(planned.tokens.length - planned.keep, context.context - Math.min(position, planned.keep), context.context);
  if (planned.tokens.length === planned.keep) throw new PromptError('The prompt is empty: there is nothing for the model to read.');
  return planned;
}

function plan(prompt: Prompt, context: PromptContext): PlannedPrompt {
  if (typeof prompt === 'string') return append(context, context.sequence.tokens.length === 0 ? encode(context, prompt, true) : encodeRest(context, prompt));
  if (isMessages(prompt)) return planMessages(prompt, context);
  if (typeof prompt === 'object' && prompt !== null && 'tokens' in prompt) return append(context, checkTokens('tokens', prompt.tokens, context.vocabulary));
  throw new PromptError('The prompt is neither a string, nor a list of messages, nor an object with `tokens`.');
}

const isMessages = (prompt: Prompt): prompt is readonly Message[] => Array.isArray(prompt);

function append({ sequence }: PromptContext, tokens: readonly number[]): PlannedPrompt {
  return { tokens: [...sequence.tokens, ...tokens], keep: sequence.position, transcript: undefined };
}

/**
 * A conversation is rendered as a whole. Where it continues the text that the sequence holds, only the rest is read;
 * else as much is kept as its tokens have in common with the sequence.
 */
function planMessages(messages: readonly Message[], context: PromptContext): PlannedPrompt {
  const { sequence, transcript, text } = context;
  if (!text.template) throw new PromptError('This checkpoint has no chat template: it continues text. Pass the prompt as a string.');
  const rendered = text.template.render(messages, { addGenerationPrompt: true });
  // The same text once more is read to its end where that is still pending, and otherwise anew.
  if (transcript && rendered.startsWith(transcript) && (rendered.length > transcript.length || sequence.position < sequence.tokens.length)) {
    const rest = encodeRest(context, rendered.slice(transcript.length));
    return { tokens: [...sequence.tokens, ...rest], keep: sequence.position, transcript: rendered };
  }
  const tokens = encode(context, rendered, false);
  return { tokens, keep: sequence.reusable(tokens), transcript: rendered };
}

/** The whole text of a sequence. */
function encode(context: PromptContext, prompt: string, addSpecialTokens: boolean): number[] {
  return checkEncoded(tokenizerOf(context).encode(prompt, { addSpecialTokens }), context);
}

/** Text that continues the sequence. */
function encodeRest(context: PromptContext, rest: string): number[] {
  const last = context.sequence.tokens.at(-1);
  if (last === undefined) return encode(context, rest, false);
  return checkEncoded(encodeContinuation(tokenizerOf(context), rest, last), context);
}

function tokenizerOf({ text }: PromptContext): Tokenizer {
  if (!text.tokenizer) throw new PromptError('This checkpoint has no tokenizer.json, so it can only be prompted with token ids.');
  return text.tokenizer;
}

function checkEncoded(tokens: number[], { vocabulary }: PromptContext): number[] {
  const beyond = tokens.find((id) => id >= vocabulary);
  if (beyond !== undefined) throw new PromptError(`The tokenizer gives token ${beyond}, but the model knows only ${vocabulary}: tokenizer.json does not belong to these weights.`);
  return tokens;
}
