import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import type { PackedWeight, RowConverter } from '../packed/packing.ts';
import type { RolePacker } from '../quant/packer.ts';
import { toFloat32 } from '../safetensors/to-float32.ts';
import { hubRows } from './stored-values.ts';

interface PlainLayout {
  /** Of one expert, where there are several. */
  readonly rows: number;
  readonly inputs: number;
  /** Each expert is stored as its transpose. */
  readonly transposed: boolean;
  /** Of each row of the tensor, those of all experts counted. */
  readonly factorOf?: ((row: number) => number) | undefined;
  /** Rows of the matrix that it is part of are `inputs` long and zero but for those from `start` on. */
  readonly within?: { readonly start: number; readonly inputs: number };
}

/** A weight that is one tensor of plain numbers, [rows, inputs] or its transpose (of each expert), to be packed. */
export function plainWeight(tensor: TensorInfo, { format, pack }: RolePacker, layout: PlainLayout): PackedWeight {
  const plainRows = layout.transposed ? transposedRows(tensor, layout) : hubRowsOf(tensor, layout);
  const multiplied = layout.factorOf ? multipliedRows(plainRows, layout.factorOf, layout.inputs) : plainRows;
  const rowsOf = layout.within ? widenedRows(multiplied, layout.inputs, layout.within) : multiplied;
  const inputs = layout.within?.inputs ?? layout.inputs;
  const converter: RowConverter = (bytes, first, count) => pack(rowsOf(bytes, first, count), count, inputs);
  return { early: [], layout: () => ({ format, converters: new Map([['', converter]]) }) };
}

type Rows = (bytes: Uint8Array<ArrayBuffer>, first: number, count: number) => Float32Array;

const hubRowsOf = (tensor: TensorInfo, { inputs }: PlainLayout): Rows => (bytes, first, count) => hubRows(tensor, bytes, first, count, inputs);

const multipliedRows = (rows: Rows, factorOf: (row: number) => number, inputs: number): Rows => (bytes, first, count) =>
  rows(bytes, first, count).map((value, i) => value * factorOf(first + Math.floor(i / inputs)));

const widenedRows = (rows: Rows, from: number, { start, inputs }: NonNullable<PlainLayout['within']>): Rows => (bytes, first, count) => {
  const narrow = rows(bytes, first, count);
  const wide = new Float32Array(count * inputs);
  for (let row = 0; row < count; row++) wide.set(narrow.subarray(row * from, (row + 1) * from), row * inputs + start);
  return wide;
};

/** Rows of the transpose, widened an expert at a time: all of a layer's in f32 would be many times what the tensor takes. */
function transposedRows(tensor: TensorInfo, { rows, inputs }: PlainLayout): Rows {
  let widened: { readonly of: Uint8Array; readonly expert: number; readonly values: Float32Array } | undefined;
  return (bytes, first, count) => {
    const result = new Float32Array(count * inputs);
    for (let done = 0; done < count; ) {
      const expert = Math.floor((first + done) / rows);
      const row = (first + done) % rows;
      const run = Math.min(count - done, rows - row);
      if (widened?.of !== bytes || widened.expert !== expert) widened = { of: bytes, expert, values: toFloat32(tensor, bytes, expert * rows * inputs, rows * inputs) };
      const { values } = widened;
      for (let k = 0; k < inputs; k++) {
        for (let r = 0; r < run; r++) result[(done + r) * inputs + k] = values[k * rows + row + r];
      }
      done += run;
    }
    if ((first + count) % rows === 0) widened = undefined;
    return result;
  };
}
