import { importModule } from '../../engine/modules/import-module.ts';
import { PLAIN_FORMATS } from '../../shaders/dequant/plain-formats.ts';
import type { MatrixRole } from '../weights/spec.ts';
import { packF16 } from './pack-f16.ts';
import { packF32 } from './pack-f32.ts';
import type { PackableFormat, RolePacker } from './packer.ts';

export type Packers = Readonly<Record<MatrixRole, RolePacker>>;

/** The packers of all roles. Rejects with `ModuleLoadError`. */
export async function importPackers(formatOf: (role: MatrixRole) => PackableFormat): Promise<Packers> {
  const [linear, embedding, dense] = await Promise.all([importPacker(formatOf('linear')), importPacker(formatOf('embedding')), importPacker(formatOf('dense'))]);
  return { linear, embedding, dense };
}

/** Those that quantise are a script of their own, with the formats that they pack. */
async function importPacker(format: PackableFormat): Promise<RolePacker> {
  if (format === 'f16') return { format: PLAIN_FORMATS.f16, pack: packF16 };
  if (format === 'f32') return { format: PLAIN_FORMATS.f32, pack: packF32 };
  const { packerOf } = await importModule(() => import('./pack-rows.ts'));
  return packerOf(format);
}
