import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { toFloat32 } from '../safetensors/to-float32.ts';

/** Whether a part's matrix [rows, inputs] lies in the file as its transpose: by what the Hub does, and by what the file's author did to that. */
export const liesTransposed = (part: { readonly transposed: boolean }, { stored }: TensorInfo): boolean => part.transposed !== (stored?.transposed ?? false);

/** All values of a tensor as the Hub has them, in f64 where they are restored. */
export function hubValues(tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>): Float32Array | Float64Array {
  const rows = tensor.shape[0] ?? 1;
  const width = tensor.shape.slice(1).reduce((product, size) => product * size, 1);
  return restored(tensor, rowsInOrder(tensor, bytes, 0, rows, width));
}

/**
 * Rows `row` … `row + count` of the Hub's matrix [rows, inputs], as f32 [count, inputs]. Only for tensors that are not
 * stored as its transpose.
 */
export function hubRows(tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>, row: number, count: number, inputs: number): Float32Array {
  const restoredValues = restored(tensor, rowsInOrder(tensor, bytes, row, count, inputs));
  const values = restoredValues instanceof Float32Array ? restoredValues : Float32Array.from(restoredValues);
  const columns = tensor.stored?.columns;
  if (!columns) return values;
  const ordered = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += inputs) columns.forEach((to, from) => (ordered[start + to] = values[start + from]));
  return ordered;
}

/** The stored values of rows that follow one another on the Hub. */
function rowsInOrder(tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>, row: number, count: number, width: number): Float32Array {
  const order = tensor.stored?.rows;
  if (!order) return toFloat32(tensor, bytes, row * width, count * width);
  const values = new Float32Array(count * width);
  for (let start = 0; start < count; ) {
    const from = order[row + start];
    let run = 1;
    while (start + run < count && order[row + start + run] === from + run) run++;
    values.set(toFloat32(tensor, bytes, from * width, run * width), start * width);
    start += run;
  }
  return values;
}

/** In f64, so that a spec's own map undoes what was undone here without a rounding in between. */
function restored({ stored }: TensorInfo, values: Float32Array): Float32Array | Float64Array {
  const restore = stored?.restore;
  return restore ? Float64Array.from(values, restore) : values;
}
