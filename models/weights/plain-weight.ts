import type { PackedWeight } from '../packed/packing.ts';
import { packRows } from '../quant/pack-rows.ts';
import type { PackableFormat } from '../quant/packer.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { toFloat32 } from '../safetensors/to-float32.ts';
import { hubRows } from './stored-values.ts';

/** A weight that is one tensor of plain numbers, [rows, inputs] or its transpose, to be packed as `format`. */
export function plainWeight(tensor: TensorInfo, suffix: string, format: PackableFormat, { rows, inputs, transposed }: { readonly rows: number; readonly inputs: number; readonly transposed: boolean }): PackedWeight {
  // A transposed tensor is widened once, not for each slab of rows.
  let widened: { readonly of: Uint8Array; readonly values: Float32Array } | undefined;
  const converter = (bytes: Uint8Array<ArrayBuffer>, first: number, count: number): Record<string, Uint8Array<ArrayBuffer>> => {
    if (!transposed) return packRows(format, hubRows(tensor, bytes, first, count, inputs), count, inputs);
    if (widened?.of !== bytes) widened = { of: bytes, values: toFloat32(tensor, bytes) };
    const values = transposedRows(widened.values, rows, inputs, first, count);
    if (first + count === rows) widened = undefined;
    return packRows(format, values, count, inputs);
  };
  return { early: [], layout: () => ({ format, converters: new Map([[suffix, converter]]) }) };
}

/** Rows `first` … `first + count` of the transpose of `values` [inputs, rows]. */
function transposedRows(values: Float32Array, rows: number, inputs: number, first: number, count: number): Float32Array {
  const result = new Float32Array(count * inputs);
  for (let k = 0; k < inputs; k++) {
    for (let r = 0; r < count; r++) result[r * inputs + k] = values[k * rows + first + r];
  }
  return result;
}
