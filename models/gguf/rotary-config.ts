import type { JsonObject } from '../checkpoint/checkpoint.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { shortestFloat } from './shortest-float.ts';

/** The keys of config.json that say how positions are rotated. Throws `ConfigError` naming the file's key. */
export function rotaryConfig(keys: ConfigReader, headDim: number, factors: readonly number[] | undefined): JsonObject {
  const theta = keys.optionalNumber('rope.freq_base');
  const rotaryDim = keys.optionalInteger('rope.dimension_count', { min: 2 }) ?? headDim;
  return {
    rope_parameters: { ...scaling(keys, factors), ...(theta !== undefined && { rope_theta: shortestFloat(theta) }) },
    ...(rotaryDim !== headDim && { partial_rotary_factor: share(rotaryDim, headDim) }),
  };
}

function scaling(keys: ConfigReader, factors: readonly number[] | undefined): JsonObject {
  // "none" is written for models without scaling, and by some for Llama 3, whose scaling is in the factors.
  const type = keys.oneOf('rope.scaling.type', ['none', 'linear', 'yarn'], { default: keys.has('rope.scale_linear') ? 'linear' : 'none' });
  if (factors && type !== 'none') throw keys.error('rope.scaling.type', '"none" where the file has rope_freqs.weight');
  switch (type) {
    case 'none':
      // What converters make of Llama 3's four numbers. In transformers' terms a LongRoPE whose long and short factors are the same.
      return factors ? { rope_type: 'longrope', long_factor: factors, short_factor: factors, attention_factor: 1 } : { rope_type: 'default' };
    case 'linear':
      return { rope_type: 'linear', factor: factorOf(keys, keys.has('rope.scaling.factor') ? 'rope.scaling.factor' : 'rope.scale_linear') };
    case 'yarn':
      return {
        rope_type: 'yarn',
        factor: factorOf(keys, 'rope.scaling.factor'),
        original_max_position_embeddings: keys.integer('rope.scaling.original_context_length', { min: 1 }),
        ...optional(keys, 'rope.scaling.yarn_beta_fast', 'beta_fast'),
        ...optional(keys, 'rope.scaling.yarn_beta_slow', 'beta_slow'),
        ...optional(keys, 'rope.scaling.yarn_attn_factor', 'attention_factor'),
      };
    default:
      return type satisfies never;
  }
}

const factorOf = (keys: ConfigReader, key: string): number => shortestFloat(keys.number(key, { min: 0 }));

function optional(keys: ConfigReader, key: string, name: string): JsonObject {
  const value = keys.optionalNumber(key);
  return value === undefined ? {} : { [name]: shortestFloat(value) };
}

/** A share of the head that comes back as `rotaryDim` when it is multiplied out and cut to a whole number. */
function share(rotaryDim: number, headDim: number): number {
  const exact = rotaryDim / headDim;
  return Math.trunc(exact * headDim) === rotaryDim ? exact : (rotaryDim + 0.5) / headDim;
}
