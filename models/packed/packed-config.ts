import type { ConfigReader } from '../config/config-reader.ts';

/** Keys that a packed checkpoint's config says so under; compressed-tensors began with the second. */
const KEYS = ['quantization_config', 'compression_config'] as const;

/** Where the config, or that of a multi-modal model's text part, says how weights are packed. */
export function packedConfig(config: ConfigReader): ConfigReader | undefined {
  for (const place of [config, config.optionalObject('text_config')]) {
    for (const key of KEYS) {
      const found = place?.optionalObject(key);
      if (found) return found;
    }
  }
  return undefined;
}
