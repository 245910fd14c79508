import { Environment, Interpreter, parse, tokenize } from '@huggingface/jinja';
import { ChatTemplateError } from '../errors/chat-template-error.ts';
import type { Message } from '../model.ts';
import type { ChatTemplateSource } from './chat-template-source.ts';
import { correctStrips, stripFunctions } from './jinja-workarounds.ts';
import { strftime } from './strftime.ts';

export interface RenderOptions {
  /** Ends the text with the beginning of an answer, for the model to continue. */
  readonly addGenerationPrompt: boolean;
  /** JSON schemas of functions, in the form that the template expects. */
  readonly tools?: readonly unknown[] | undefined;
  /** Further variables, such as `enable_thinking` of Qwen3. */
  readonly [variable: string]: unknown;
}

type Program = ReturnType<typeof parse>;

/**
 * Runs a chat template as transformers runs it (`render_jinja_template` in `utils/chat_template_utils.py`). It is only compiled when first
 * used, so that a faulty one does not keep the model from continuing plain text.
 *
 * @param specialTokens the variables `bos_token`, `eos_token`, …
 */
export function jinjaTemplate(source: ChatTemplateSource, specialTokens: Readonly<Record<string, string>>): (messages: readonly Message[], options: RenderOptions) => string {
  const programs = new Map<string, Program>();
  return (messages, { addGenerationPrompt, tools, ...extra }) => {
    const text = chooseTemplate(source, tools !== undefined);
    const program = programs.get(text) ?? compile(text, source.file);
    programs.set(text, program);
    // Python's None, not an undefined variable: templates ask `tools is not none`.
    const given = { tools: tools ?? null, documents: null, ...specialTokens, ...extra, messages, add_generation_prompt: addGenerationPrompt };
    return run(program, given, source.file);
  };
}

/** transformers picks `tool_use` where there are tools and a template of that name, and `default` otherwise. */
function chooseTemplate({ file, templates }: ChatTemplateSource, withTools: boolean): string {
  const text = (withTools ? templates.get('tool_use') : undefined) ?? templates.get('default');
  if (text === undefined) throw new ChatTemplateError('invalid', file, `none of its templates (${[...templates.keys()].join(', ')}) is named "default".`);
  return text;
}

function compile(template: string, file: string): Program {
  try {
    const program = parse(tokenize(template, { lstrip_blocks: true, trim_blocks: true }));
    correctStrips(program);
    return program;
  } catch (cause) {
    throw new ChatTemplateError('invalid', file, messageOf(cause), { cause });
  }
}

function run(program: Program, variables: Readonly<Record<string, unknown>>, file: string): string {
  const environment = new Environment();
  try {
    const scope = new Environment(environment);
    for (const [name, value] of Object.entries(globals)) environment.set(name, value);
    for (const [name, value] of Object.entries(variables)) scope.set(name, value);
    return String(new Interpreter(scope).run(program).value);
  } catch (cause) {
    if (cause instanceof Refusal) throw new ChatTemplateError('refused', file, cause.message, { cause });
    throw new ChatTemplateError('failed', file, messageOf(cause), { cause });
  }
}

/** Thrown out of a template by `raise_exception`. */
class Refusal extends Error {}

/** What every template finds: Jinja's constants and functions, and those that transformers adds. */
const globals: Readonly<Record<string, unknown>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
  range,
  raise_exception(message: unknown): never {
    throw new Refusal(String(message));
  },
  strftime_now: (format: unknown) => strftime(new Date(), String(format)),
  ...stripFunctions,
};

/** Python's `range`. */
function range(...bounds: readonly number[]): number[] {
  const [first = 0, second, step = 1] = bounds;
  const [start, stop] = second === undefined ? [0, first] : [first, second];
  if (step === 0) throw new Error('range() takes a step other than zero');
  return Array.from({ length: Math.max(0, Math.ceil((stop - start) / step)) }, (_, index) => start + index * step);
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
