import type { RotaryParameters } from '../../engine/rotary/rotary-table.ts';
import { ConfigReader } from './config-reader.ts';
import { positive } from './positive.ts';
import { scaledRotary } from './scaled-rotary.ts';

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
  const plain = { theta: positive(section, 'rope_theta') ?? positive(top, thetaKey) ?? theta, rotaryDim };
  const typeKey = section.raw('rope_type') === undefined && section.raw('type') !== undefined ? 'type' : 'rope_type';
  if ((section.raw(typeKey) ?? 'default') === 'default') return { type: 'default', ...plain };
  return scaledRotary().readScaledRotary(section, top, plain, typeKey);
}
