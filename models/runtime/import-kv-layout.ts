import { importModule } from '../../engine/modules/import-module.ts';
import type { KvFormat, KvLayout } from '../../shaders/kv/kv-format.ts';
import { PLAIN_KV_LAYOUTS } from '../../shaders/kv/plain-kv-layouts.ts';

/** Those that quantise are a script of their own. Rejects with `ModuleLoadError`. */
export async function importKvLayout(format: KvFormat): Promise<KvLayout> {
  if (format === 'f16' || format === 'f32') return PLAIN_KV_LAYOUTS[format];
  const { KV_LAYOUTS } = await importModule(() => import('../../shaders/kv/kv-layouts.ts'));
  return KV_LAYOUTS[format];
}
