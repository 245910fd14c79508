import { groupScaleCode } from '../quant/group-scale.ts';
import { toFloat32 } from '../safetensors/to-float32.ts';

const tables = new Map<string, Uint16Array>();

/** The code of a group scale for all numbers of a dtype of 16 bits, by their bits; an infinity for what is too large or no number. */
export function groupScaleTable(dtype: string): Uint16Array {
  const known = tables.get(dtype);
  if (known) return known;
  const all = new Uint8Array(Uint16Array.from({ length: 65536 }, (_, bits) => bits).buffer);
  const numbers = toFloat32({ name: '', dtype, shape: [65536], byteLength: all.length, file: '', offset: 0 }, all);
  const table = Uint16Array.from(numbers, groupScaleCode);
  tables.set(dtype, table);
  return table;
}
