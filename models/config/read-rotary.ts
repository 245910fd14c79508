import type { RotaryParameters, RotaryScaling } from '../../engine/rotary/rotary-table.ts';
import { ConfigReader } from './config-reader.ts';

export interface RotaryDefaults {
  /** Key inside `rope_parameters` where that holds one object per layer type (Gemma 3). */
  readonly layerType?: string | undefined;
  /** What a theta outside of `rope_parameters` is called. Default: `rope_theta`. */
  readonly thetaKey?: string;
  /** The theta where the config has none. Default: 10,000. */
  readonly theta?: number | undefined;
  /** `partial_rotary_factor` where the config has none. Default: 1. */
  readonly partial?: number | undefined;
}

const isPositive = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value > 0;

function positive(c: ConfigReader, key: string): number | undefined {
  const value = c.raw(key);
  if (value !== undefined && !isPositive(value)) throw c.error(key, 'a positive number');
  return value;
}

function required(c: ConfigReader, key: string): number {
  const value = positive(c, key);
  if (value === undefined) throw c.error(key, 'a positive number');
  return value;
}

/** A list of `length` positive numbers. */
function positives(c: ConfigReader, key: string, length: number): number[] {
  const value = c.raw(key);
  if (!Array.isArray(value) || value.length !== length || !value.every(isPositive)) throw c.error(key, `a list of ${length} positive numbers, one for each pair of rotated elements`);
  return value;
}

/**
 * Reads a config's rotary embedding as transformers does (`RotaryEmbeddingConfigMixin.standardize_rope_params` and
 * `modeling_rope_utils.py`): from `rope_parameters`, or the older `rope_theta` and `rope_scaling` (with `rope_type` or `type`), and
 * `partial_rotary_factor`. `dynamic`, other types, and a `longrope` whose factors depend on the length of the text are refused.
 * `headDim`: elements of a head. Throws `ConfigError` naming the key.
 */
export function readRotary(top: ConfigReader, headDim: number, { layerType, thetaKey = 'rope_theta', theta = 10_000, partial = 1 }: RotaryDefaults = {}): RotaryParameters {
  const shared = top.optionalObject('rope_parameters') ?? top.optionalObject('rope_scaling') ?? new ConfigReader({}, top.file, top.path === '' ? 'rope_parameters' : `${top.path}.rope_parameters`);
  const section = (layerType === undefined ? undefined : shared.optionalObject(layerType)) ?? shared;
  const source = top.raw('partial_rotary_factor') === undefined ? section : top;
  const rotaryDim = Math.trunc(headDim * (positive(source, 'partial_rotary_factor') ?? partial));
  if (rotaryDim < 2 || rotaryDim % 2 !== 0 || rotaryDim > headDim) {
    throw source.error('partial_rotary_factor', `a share of the head's ${headDim} elements that makes an even number of at least 2`);
  }
  return { theta: positive(section, 'rope_theta') ?? positive(top, thetaKey) ?? theta, rotaryDim, ...scaling(section, top, rotaryDim) };
}

function scaling(section: ConfigReader, top: ConfigReader, rotaryDim: number): RotaryScaling {
  const typeKey = section.raw('rope_type') === undefined && section.raw('type') !== undefined ? 'type' : 'rope_type';
  const type = section.raw(typeKey) ?? 'default';
  // A model's own key outside the section wins, and its maximum stands in where there is neither.
  const originalLength = (): number => {
    const length = positive(top, 'original_max_position_embeddings') ?? positive(section, 'original_max_position_embeddings') ?? positive(top, 'max_position_embeddings');
    if (length === undefined) throw section.error('original_max_position_embeddings', 'a positive number');
    return length;
  };
  switch (type) {
    case 'default':
      return { type: 'default' };
    case 'linear':
      return { type: 'linear', factor: required(section, 'factor') };
    case 'llama3': {
      const lowFreqFactor = required(section, 'low_freq_factor');
      const highFreqFactor = required(section, 'high_freq_factor');
      if (highFreqFactor <= lowFreqFactor) throw section.error('high_freq_factor', `greater than low_freq_factor (${lowFreqFactor})`);
      return { type: 'llama3', factor: required(section, 'factor'), lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings: originalLength() };
    }
    case 'yarn':
      return yarnScaling(section, top, originalLength());
    case 'longrope':
    case 'dynamic': {
      const [long, short] = [section.raw('long_factor'), section.raw('short_factor')];
      const same = Array.isArray(long) && Array.isArray(short) && long.length === short.length && long.every((factor, i) => factor === short[i]);
      if (type === 'dynamic' || !same) throw section.error(typeKey, 'one of "default", "linear", "llama3", "yarn": frequencies that change with the length of the text are not supported');
      return { type: 'longrope', factors: positives(section, 'long_factor', rotaryDim / 2), attentionFactor: required(section, 'attention_factor') };
    }
    default:
      throw section.error(typeKey, 'one of "default", "linear", "llama3", "yarn"');
  }
}

function yarnScaling(section: ConfigReader, top: ConfigReader, originalMaxPositionEmbeddings: number): RotaryScaling {
  const stated = positive(section, 'factor');
  const length = stated === undefined ? positive(top, 'max_position_embeddings') : undefined;
  const factor = stated ?? (length === undefined ? required(section, 'factor') : length / originalMaxPositionEmbeddings);
  const magnitude = (mscale: number): number => (factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1);
  const optional = (key: string): number | undefined => (section.raw(key) === 0 ? undefined : positive(section, key));
  const mscale = optional('mscale');
  const mscaleAllDim = optional('mscale_all_dim');
  const truncate = section.raw('truncate') ?? true;
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
    attentionFactor: positive(section, 'attention_factor') ?? (mscale && mscaleAllDim ? magnitude(mscale) / magnitude(mscaleAllDim) : magnitude(1)),
  };
}
