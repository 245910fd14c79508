import { importModule } from '../../engine/modules/import-module.ts';
import { isObject } from '../json/parse-json.ts';
import type { ConfigReader } from './config-reader.ts';
import type * as Scaled from './read-scaled-rotary.ts';

let fetched: typeof Scaled | undefined;

/** Fetches the reader of rotary embeddings that are stretched for longer texts, where a config has one: most do not. Rejects with `ModuleLoadError`. */
export async function importScaledRotary(config: ConfigReader): Promise<void> {
  if ([config, config.optionalObject('text_config')].some((section) => isScaled(section?.raw('rope_parameters')) || isScaled(section?.raw('rope_scaling')))) {
    fetched ??= await importModule(() => import('./read-scaled-rotary.ts'));
  }
}

/** Of a section, or of one for each type of layer. */
function isScaled(section: unknown): boolean {
  return isObject(section) && Object.entries(section).some(([key, value]) => (key === 'type' || key === 'rope_type' ? value !== 'default' : isScaled(value)));
}

/** What `importScaledRotary` fetched. */
export function scaledRotary(): typeof Scaled {
  if (!fetched) throw new Error('importScaledRotary comes before a config is read');
  return fetched;
}
