import { importModule } from '../../engine/modules/import-module.ts';
import type { MatrixRole } from '../weights/spec.ts';
import { packF16 } from './pack-f16.ts';
import { packF32 } from './pack-f32.ts';
import type { PackableFormat, Packer } from './packer.ts';

/** What plain numbers of a role are packed as, and how. */
export interface RolePacker {
  readonly format: PackableFormat;
  readonly pack: Packer;
}

export type Packers = Readonly<Record<MatrixRole, RolePacker>>;

/** The packers of all roles. Rejects with `ModuleLoadError`. */
export async function importPackers(formatOf: (role: MatrixRole) => PackableFormat): Promise<Packers> {
  const packer = async (role: MatrixRole): Promise<RolePacker> => ({ format: formatOf(role), pack: await importPacker(formatOf(role)) });
  const [linear, embedding, dense] = await Promise.all([packer('linear'), packer('embedding'), packer('dense')]);
  return { linear, embedding, dense };
}

/** Those that quantise are a script of their own. */
async function importPacker(format: PackableFormat): Promise<Packer> {
  if (format === 'f16') return packF16;
  if (format === 'f32') return packF32;
  const { packRows } = await importModule(() => import('./pack-rows.ts'));
  return (values, rows, inputs) => packRows(format, values, rows, inputs);
}
