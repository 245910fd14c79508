import { InvalidOptionError } from '../../engine/errors/invalid-option-error.ts';
import { resolveSampling } from '../../engine/sampling/resolve-sampling.ts';
import type { SamplingPlan } from '../../engine/sampling/sampling-plan.ts';
import type { GenerateOptions } from '../../engine/schedule/generate-options.ts';
import { checkTokens } from './check-tokens.ts';
import type { LoadedParts } from './loaded-parts.ts';

/** The options of one generation, checked, with every default filled in. */
export interface GenerationSettings {
  readonly sampling: SamplingPlan;
  readonly maxTokens: number;
  readonly stopStrings: readonly string[];
  readonly stopTokens: ReadonlySet<number>;
  readonly onPromptRead: (() => Promise<void>) | undefined;
}

/** Throws `InvalidOptionError` naming the option. */
export function resolveGeneration(options: GenerateOptions, { runner, text, generationConfig, stopTokens }: LoadedParts): GenerationSettings {
  return {
    sampling: resolveSampling(options, generationConfig),
    maxTokens: maxTokensOf(options.maxTokens),
    stopStrings: stopStringsOf(options.stop, text.tokenizer !== undefined),
    stopTokens: options.stopTokens === undefined ? stopTokens : new Set(checkTokens('stopTokens', options.stopTokens, runner.vocabulary)),
    onPromptRead: options.onPromptRead,
  };
}

function stopStringsOf(stop: unknown = [], hasTokenizer: boolean): readonly string[] {
  const stops: readonly unknown[] = Array.isArray(stop) ? stop : [stop];
  const strings = stops.filter((text): text is string => typeof text === 'string' && text !== '');
  if (strings.length !== stops.length) throw new InvalidOptionError('stop', stop, 'a non-empty string or a list of them');
  if (strings.length > 0 && !hasTokenizer) throw new InvalidOptionError('stop', stop, 'an empty list, since this checkpoint has no tokenizer.json and so no text');
  return strings;
}

function maxTokensOf(value: unknown = Infinity): number {
  if (value !== Infinity && (!Number.isSafeInteger(value) || Number(value) < 1)) throw new InvalidOptionError('maxTokens', value, 'a positive whole number');
  return Number(value);
}
