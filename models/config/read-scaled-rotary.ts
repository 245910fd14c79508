import type { PlainRotary } from '../../engine/rotary/plain-rotary.ts';
import type { ScaledRotary } from '../../engine/rotary/rotary-table.ts';
import { scaledFrequencies, type RotaryScaling } from '../../engine/rotary/scaled-frequencies.ts';
import type { ConfigReader } from './config-reader.ts';
import { isPositive, positive } from './positive.ts';

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

/** Reads a section whose `typeKey` is not `default`; `plain` is what it stretches. Throws `ConfigError` naming the key. */
export function readScaledRotary(section: ConfigReader, top: ConfigReader, plain: PlainRotary, typeKey: string): ScaledRotary {
  const scaling = readScaling(section, top, plain.rotaryDim, typeKey);
  return { ...scaling, ...plain, frequencies: scaledFrequencies(scaling, plain) };
}

function readScaling(section: ConfigReader, top: ConfigReader, rotaryDim: number, typeKey: string): RotaryScaling {
  const type = section.raw(typeKey);
  // A model's own key outside the section wins, and its maximum stands in where there is neither.
  const originalLength = (): number => {
    const length = positive(top, 'original_max_position_embeddings') ?? positive(section, 'original_max_position_embeddings') ?? positive(top, 'max_position_embeddings');
    if (length === undefined) throw section.error('original_max_position_embeddings', 'a positive number');
    return length;
  };
  switch (type) {
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
