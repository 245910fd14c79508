import { SluiceError } from '../../engine/errors/sluice-error.ts';
import type { WeightFormat } from '../../shaders/dequant/formats.ts';

/** A weight is not finite, or too large for the format it is to be stored in. */
export class UnpackableWeightError extends SluiceError {
  readonly code = 'unpackable-weight';
  readonly format: WeightFormat;
  readonly row: number;
  readonly column: number;
  readonly value: number;

  constructor(format: WeightFormat, row: number, column: number, value: number) {
    const reason = Number.isFinite(value) ? `is too large for ${format}; load it with another quantisation` : 'is not a finite number; the checkpoint is damaged';
    super(`The weight at row ${row}, column ${column} is ${value}, which ${reason}.`);
    this.format = format;
    this.row = row;
    this.column = column;
    this.value = value;
  }
}

/** The error for the largest, or first not finite, of the weights [rows, inputs] from `start` to `end`. */
export function unpackable(format: WeightFormat, values: Float32Array, inputs: number, start: number, end: number): UnpackableWeightError {
  let worst = start;
  for (let i = start; i < end && Number.isFinite(values[worst]); i++) {
    if (!(Math.abs(values[i]) <= Math.abs(values[worst]))) worst = i;
  }
  return new UnpackableWeightError(format, Math.floor(worst / inputs), worst % inputs, values[worst]);
}
