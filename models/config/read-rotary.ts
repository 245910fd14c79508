import { RotaryConfigError } from '../../engine/errors/rotary-config-error.ts';
import { parseRotary, type RotaryDefaults } from '../../engine/rotary/parse-rotary.ts';
import type { RotaryParameters } from '../../engine/rotary/rotary-table.ts';
import { ConfigError } from '../errors/config-error.ts';
import type { ConfigReader } from './config-reader.ts';

const KEYS = ['rope_parameters', 'rope_scaling', 'rope_theta', 'partial_rotary_factor', 'original_max_position_embeddings', 'max_position_embeddings'];

/** `parseRotary` over a checkpoint's config. Throws `ConfigError` naming file and key. */
export function readRotary(c: ConfigReader, headDim: number, defaults: Omit<RotaryDefaults, 'headDim'> = {}): RotaryParameters {
  try {
    return parseRotary(Object.fromEntries(KEYS.map((key) => [key, c.raw(key)])), { headDim, ...defaults });
  } catch (error) {
    if (!(error instanceof RotaryConfigError)) throw error;
    throw new ConfigError(c.file, c.path === '' ? error.key : `${c.path}.${error.key}`, error.expected, error.actual);
  }
}
