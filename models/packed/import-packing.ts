import { importModule } from '../../engine/modules/import-module.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { packedConfig } from './packed-config.ts';
import type { Packing } from './packing.ts';

/** `readPacking`, a script of its own that plain checkpoints do without. Rejects as it throws, and with `ModuleLoadError`. */
export async function importPacking(config: ConfigReader): Promise<Packing | undefined> {
  if (!packedConfig(config)) return undefined;
  const { readPacking } = await importModule(() => import('./read-packing.ts'));
  return readPacking(config);
}
