import { InvalidOptionError } from '../errors/invalid-option-error.ts';
import type { GenerateOptions } from '../schedule/generate-options.ts';
import type { SamplingPlan } from './sampling-plan.ts';

interface Range {
  readonly allowed: string;
  readonly holds: (value: number) => boolean;
}

const between = (least: number, most: number): Range => ({ allowed: `a number from ${least} to ${most}`, holds: (value) => value >= least && value <= most });
const integer = (most: number): Range => ({ allowed: `an integer from 0 to ${most}`, holds: (value) => Number.isInteger(value) && value >= 0 && value <= most });

const MAX_U32 = 2 ** 32 - 1;
/** Bounds beyond which f32 would overflow in the kernels, or beyond which nothing changes. */
const RANGES = {
  temperature: between(0, 1000),
  topK: integer(MAX_U32),
  topP: { allowed: 'a number above 0 and at most 1', holds: (value) => value > 0 && value <= 1 },
  minP: between(0, 1),
  repetitionPenalty: between(0.001, 1000),
  presencePenalty: between(-1000, 1000),
  frequencyPenalty: between(-1000, 1000),
  seed: integer(MAX_U32),
} as const satisfies Record<string, Range>;
type SamplingOption = keyof typeof RANGES;

/** Below this, temperature is a division by nearly nothing: only the likeliest token is left. */
const GREEDY_BELOW = 1e-5;

function checked(name: string, value: unknown, { holds, allowed }: Range): number {
  if (typeof value !== 'number' || !holds(value)) throw new InvalidOptionError(name, value, allowed);
  return value;
}

/**
 * Validates the sampling options of a generation and fills in what is missing.
 *
 * `defaults` is the object of the checkpoint's `generation_config.json`, of which `do_sample`, `temperature`, `top_k`, `top_p`,
 * `min_p` and `repetition_penalty` count; `null` means absent there. Without `do_sample: true` the default is greedy, unless
 * the caller gives a temperature; with it, temperature 1. Filters that neither gives are off; a `top_k` of −1 is off too.
 * The result is greedy (`temperature` 0) for temperatures below 1e-5; `seed` is random where none is given.
 *
 * @throws InvalidOptionError naming the option (`topP`, or `generation_config.json: top_p`), its value and what is allowed.
 */
export function resolveSampling(options: GenerateOptions = {}, defaults: Readonly<Record<string, unknown>> = {}): SamplingPlan {
  const pick = (option: SamplingOption, key: string | undefined, otherwise: number): number => {
    const range: Range = RANGES[option];
    const given = options[option];
    if (given !== undefined) return checked(option, given, range);
    const value = key === undefined ? undefined : (defaults[key] ?? undefined);
    if (value === undefined || (key === 'top_k' && value === -1)) return otherwise;
    return checked(`generation_config.json: ${key}`, value, range);
  };
  const draws = options.temperature !== undefined || defaults['do_sample'] === true;
  const temperature = draws ? pick('temperature', 'temperature', 1) : 0;
  return {
    temperature: temperature < GREEDY_BELOW ? 0 : temperature,
    topK: pick('topK', 'top_k', 0),
    topP: pick('topP', 'top_p', 1),
    minP: pick('minP', 'min_p', 0),
    repetitionPenalty: pick('repetitionPenalty', 'repetition_penalty', 1),
    presencePenalty: pick('presencePenalty', undefined, 0),
    frequencyPenalty: pick('frequencyPenalty', undefined, 0),
    seed: options.seed === undefined ? randomSeed() : checked('seed', options.seed, RANGES.seed),
  };
}

function randomSeed(): number {
  const [seed] = crypto.getRandomValues(new Uint32Array(1));
  return seed;
}
