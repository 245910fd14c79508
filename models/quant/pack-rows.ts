import { describeFormat } from '../../shaders/dequant/formats.ts';
import { packF16 } from './pack-f16.ts';
import { packF32 } from './pack-f32.ts';
import { packFp8 } from './pack-fp8.ts';
import { packInt4 } from './pack-int4.ts';
import { packInt8 } from './pack-int8.ts';
import type { PackableFormat, Packer, RolePacker } from './packer.ts';

const PACKERS: Readonly<Record<PackableFormat, Packer>> = { f32: packF32, f16: packF16, int8: packInt8, int4: packInt4, fp8: packFp8 };

/**
 * Packs rows of a weight, `values` f32 [rows, inputs], into the planes of a format (`describeFormat`): by plane name, the bytes
 * of those rows, ready to be uploaded at `firstRow · bytesPerRow`. Rows never depend on each other.
 * Throws `UnpackableWeightError` where a value is not finite or too large.
 */
export function packRows(format: PackableFormat, values: Float32Array, rows: number, inputs: number): Record<string, Uint8Array<ArrayBuffer>> {
  return PACKERS[format](values, rows, inputs);
}

/** A format that can be packed, and what packs it. */
export const packerOf = (format: PackableFormat): RolePacker => ({ format: describeFormat(format), pack: PACKERS[format] });
