import type { Scaling } from '../architectures/scaling.ts';

/** What scalings make of one tensor [rows, columns], or of a vector [rows]. */
export interface Fold {
  /** Column k is multiplied by this. */
  readonly column?: (k: number) => number;
  /** Row r is divided by `rows[r]`. */
  readonly rows?: Float64Array;
  /** The model adds one to what is stored. */
  readonly plusOne?: boolean;
}

/** By the model file's names of tensors, what the scalings with these factors [channels] make of them. */
export function foldsOf(scalings: ReadonlyMap<Scaling, Float64Array>): Map<string, Fold> {
  const folds = new Map<string, Fold>();
  const add = (name: string, fold: Fold): void => void folds.set(name, { ...folds.get(name), ...fold });
  for (const [{ consumers, producers, channelOf }, factors] of scalings) {
    for (const name of consumers) add(name, { column: (k) => factors[channelOf(k)] });
    for (const { name, plusOne } of producers) add(name, { rows: factors, ...(plusOne && { plusOne }) });
  }
  return folds;
}

/** Rows of a tensor from row `start`, `width` elements each, with its fold applied; as they are where there is none. */
export function applyFold(fold: Fold | undefined, values: Float32Array<ArrayBuffer>, start: number, width: number): Float32Array<ArrayBuffer> {
  if (!fold) return values;
  const { column, rows, plusOne } = fold;
  const one = plusOne ? 1 : 0;
  const byColumn = Float64Array.from({ length: width }, (_, k) => column?.(k) ?? 1);
  return values.map((value, i) => ((value + one) * byColumn[i % width]) / (rows?.[start + Math.floor(i / width)] ?? 1) - one);
}
