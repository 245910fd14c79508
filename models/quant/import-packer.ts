import { importModule } from '../../engine/modules/import-module.ts';
import type { WeightFormat } from '../../shaders/dequant/formats.ts';
import { packF16 } from './pack-f16.ts';
import { packF32 } from './pack-f32.ts';
import type { Packer } from './packer.ts';

/** The packer of a format, as `packRows` has it. Those that quantise are a script of their own. Rejects with `ModuleLoadError`. */
export async function importPacker(format: WeightFormat): Promise<Packer> {
  if (format === 'f16') return packF16;
  if (format === 'f32') return packF32;
  const { packRows } = await importModule(() => import('./pack-rows.ts'));
  return (values, rows, inputs) => packRows(format, values, rows, inputs);
}
