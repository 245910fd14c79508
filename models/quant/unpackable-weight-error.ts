import { SluiceError } from '../../engine/errors/sluice-error.ts';
import type { WeightFormat } from '../../shaders/dequant/weight-format.ts';

export interface UnpackableWeight {
  readonly format: WeightFormat;
  /** Of the matrix as it is multiplied: a row gives one output. */
  readonly row: number;
  readonly column: number;
  readonly value: number;
  /** The tensor and its file, once the loader has said whose rows these are. */
  readonly tensor?: string;
  readonly file?: string;
}

/** A weight is not finite, or too large for the format it is to be stored in. */
export class UnpackableWeightError extends SluiceError {
  readonly code = 'unpackable-weight';
  readonly format: WeightFormat;
  readonly row: number;
  readonly column: number;
  readonly value: number;
  readonly tensor: string | undefined;
  readonly file: string | undefined;

  constructor({ format, row, column, value, tensor, file }: UnpackableWeight) {
    const where = tensor === undefined ? '' : `${file}: tensor ${JSON.stringify(tensor)}: `;
    super(`${where}The weight at row ${row}, column ${column} is ${value}, which ${reason(format, value)}.`);
    this.format = format;
    this.row = row;
    this.column = column;
    this.value = value;
    this.tensor = tensor;
    this.file = file;
  }

  /** The same weight, found in rows of a tensor that begin with `firstRow`. */
  of({ name, file }: { readonly name: string; readonly file: string }, firstRow: number): UnpackableWeightError {
    const { format, row, column, value } = this;
    return new UnpackableWeightError({ format, row: firstRow + row, column, value, tensor: name, file });
  }
}

function reason(format: WeightFormat, value: number): string {
  if (!Number.isFinite(value)) return 'is not a finite number; the checkpoint is damaged';
  if (format === 'f32') return 'is too large; the checkpoint is damaged';
  return `is too large for ${format}; load the model ${format === 'f16' ? 'with precision "f32"' : 'with another quantisation'}`;
}

/** The error for the largest, or first not finite, of the weights [rows, inputs] from `start` to `end`. */
export function unpackable(format: WeightFormat, values: Float32Array, inputs: number, start: number, end: number): UnpackableWeightError {
  let worst = start;
  for (let i = start; i < end && Number.isFinite(values[worst]); i++) {
    if (!(Math.abs(values[i]) <= Math.abs(values[worst]))) worst = i;
  }
  return new UnpackableWeightError({ format, row: Math.floor(worst / inputs), column: worst % inputs, value: values[worst] });
}
