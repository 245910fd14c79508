import type { ConfigReader } from '../config/config-reader.ts';
import { layerCount, layerTypes } from './dimensions.ts';

/**
 * The window of each layer, undefined for full attention: `layer_types` where listed, else the layers from
 * `max_window_layers` on; none at all unless `use_sliding_window`.
 */
export function slidingWindows(c: ConfigReader): (number | undefined)[] {
  const layers = layerCount(c);
  const used = c.boolean('use_sliding_window', { default: false }) && c.has('sliding_window');
  const window = used ? c.integer('sliding_window', { min: 1 }) : undefined;
  const types = layerTypes(c, layers, ['full_attention', 'sliding_attention']);
  const first = c.integer('max_window_layers', { min: 0, default: layers });
  return Array.from({ length: layers }, (_, i) => ((types ? types[i] === 'sliding_attention' : i >= first) ? window : undefined));
}
