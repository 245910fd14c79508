import { RotaryConfigError } from '../errors/rotary-config-error.ts';
import type { RotaryParameters, RotaryScaling } from './rotary-table.ts';

export interface RotaryDefaults {
  /** Elements of a head. */
  readonly headDim: number;
  /** Key inside `rope_parameters` where that holds one object per layer type (Gemma 3). */
  readonly layerType?: string | undefined;
  /** `rope_theta` where the config has none. Default: 10,000. */
  readonly theta?: number | undefined;
  /** `partial_rotary_factor` where the config has none. Default: 1. */
  readonly partial?: number | undefined;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The checked keys of one config object; `null` counts as absent, as in transformers. */
class Section {
  readonly #values: Json;
  readonly #path: string;

  constructor(values: Json, path: string) {
    this.#values = values;
    this.#path = path;
  }

  value(key: string): unknown {
    return Object.hasOwn(this.#values, key) ? (this.#values[key] ?? undefined) : undefined;
  }

  error(key: string, expected: string): RotaryConfigError {
    return new RotaryConfigError(this.#path + key, expected, this.value(key));
  }

  object(key: string): Section | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (!isObject(value)) throw this.error(key, 'an object');
    return new Section(value, `${this.#path}${key}.`);
  }

  positive(key: string): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) throw this.error(key, 'a positive number');
    return value;
  }

  /** A list of `length` positive numbers. */
  positives(key: string, length: number): number[] {
    const value = this.value(key);
    const isPositive = (element: unknown): element is number => typeof element === 'number' && Number.isFinite(element) && element > 0;
    if (!Array.isArray(value) || value.length !== length || !value.every(isPositive)) throw this.error(key, `a list of ${length} positive numbers, one for each pair of rotated elements`);
    return value;
  }

  required(key: string): number {
    const value = this.positive(key);
    if (value === undefined) throw this.error(key, 'a positive number');
    return value;
  }
}

/**
 * Reads a config's rotary embedding as transformers does (`RotaryEmbeddingConfigMixin.standardize_rope_params` and
 * `modeling_rope_utils.py`): from `rope_parameters`, or the older `rope_theta` and `rope_scaling` (with `rope_type` or `type`), and
 * `partial_rotary_factor`. `dynamic`, other types, and a `longrope` whose factors depend on the length of the text are refused.
 * Throws `RotaryConfigError` naming the key.
 */
export function parseRotary(config: Json, { headDim, layerType, theta = 10_000, partial = 1 }: RotaryDefaults): RotaryParameters {
  const top = new Section(config, '');
  const shared = top.object('rope_parameters') ?? top.object('rope_scaling') ?? new Section({}, 'rope_parameters.');
  const section = (layerType === undefined ? undefined : shared.object(layerType)) ?? shared;
  const source = top.value('partial_rotary_factor') === undefined ? section : top;
  const rotaryDim = Math.trunc(headDim * (source.positive('partial_rotary_factor') ?? partial));
  if (rotaryDim < 2 || rotaryDim % 2 !== 0 || rotaryDim > headDim) {
    throw source.error('partial_rotary_factor', `a share of the head's ${headDim} elements that makes an even number of at least 2`);
  }
  return { theta: section.positive('rope_theta') ?? top.positive('rope_theta') ?? theta, rotaryDim, ...scaling(section, top, rotaryDim) };
}

function scaling(section: Section, top: Section, rotaryDim: number): RotaryScaling {
  const typeKey = section.value('rope_type') === undefined && section.value('type') !== undefined ? 'type' : 'rope_type';
  const type = section.value(typeKey) ?? 'default';
  // A model's own key outside the section wins, and its maximum stands in where there is neither.
  const originalLength = (): number => {
    const length = top.positive('original_max_position_embeddings') ?? section.positive('original_max_position_embeddings') ?? top.positive('max_position_embeddings');
    if (length === undefined) throw section.error('original_max_position_embeddings', 'a positive number');
    return length;
  };
  switch (type) {
    case 'default':
      return { type: 'default' };
    case 'linear':
      return { type: 'linear', factor: section.required('factor') };
    case 'llama3': {
      const lowFreqFactor = section.required('low_freq_factor');
      const highFreqFactor = section.required('high_freq_factor');
      if (highFreqFactor <= lowFreqFactor) throw section.error('high_freq_factor', `greater than low_freq_factor (${lowFreqFactor})`);
      return { type: 'llama3', factor: section.required('factor'), lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings: originalLength() };
    }
    case 'yarn':
      return yarnScaling(section, top, originalLength());
    case 'longrope':
    case 'dynamic': {
      const [long, short] = [section.value('long_factor'), section.value('short_factor')];
      const same = Array.isArray(long) && Array.isArray(short) && long.length === short.length && long.every((factor, i) => factor === short[i]);
      if (type === 'dynamic' || !same) throw section.error(typeKey, 'one of "default", "linear", "llama3", "yarn": frequencies that change with the length of the text are not supported');
      return { type: 'longrope', factors: section.positives('long_factor', rotaryDim / 2), attentionFactor: section.required('attention_factor') };
    }
    default:
      throw section.error(typeKey, 'one of "default", "linear", "llama3", "yarn"');
  }
}

function yarnScaling(section: Section, top: Section, originalMaxPositionEmbeddings: number): RotaryScaling {
  const stated = section.positive('factor');
  const length = stated === undefined ? top.positive('max_position_embeddings') : undefined;
  const factor = stated ?? (length === undefined ? section.required('factor') : length / originalMaxPositionEmbeddings);
  const magnitude = (mscale: number): number => (factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1);
  const optional = (key: string): number | undefined => (section.value(key) === 0 ? undefined : section.positive(key));
  const mscale = optional('mscale');
  const mscaleAllDim = optional('mscale_all_dim');
  const truncate = section.value('truncate') ?? true;
  if (typeof truncate !== 'boolean') throw section.error('truncate', 'true or false');
  const betaFast = optional('beta_fast') ?? 32;
  const betaSlow = optional('beta_slow') ?? 1;
  if (betaFast < betaSlow) throw section.error('beta_fast', `at least beta_slow (${betaSlow})`);
  return {
    type: 'yarn',
    factor,
    originalMaxPositionEmbeddings,
    betaFast,
    betaSlow,
    truncate,
    // transformers takes the pair of mscales only where both are there and not 0.
    attentionFactor: section.positive('attention_factor') ?? (mscale && mscaleAllDim ? magnitude(mscale) / magnitude(mscaleAllDim) : magnitude(1)),
  };
}
