import type { FormatDescription } from '../../shaders/dequant/weight-format.ts';

/** Formats that plain numbers can be packed in while loading. */
export const PACKABLE_FORMATS = ['f32', 'f16', 'int8', 'int4', 'fp8'] as const;

export type PackableFormat = (typeof PACKABLE_FORMATS)[number];

export const isPackable = (format: string): format is PackableFormat => PACKABLE_FORMATS.some((packable) => packable === format);

/** Packs rows [rows, inputs] of a weight into a format's planes; throws `UnpackableWeightError`. */
export type Packer = (values: Float32Array, rows: number, inputs: number) => Record<string, Uint8Array<ArrayBuffer>>;

/** What plain numbers of a role are packed as, and how. */
export interface RolePacker {
  readonly format: FormatDescription;
  readonly pack: Packer;
}
