/** A symbolic activation of a step: [T, width] f32. It has no data of its own; a backend decides where it lives, and whether it ever does. */
export interface Tensor {
  readonly id: number;
  readonly width: number;
  /** `one`: a single row, whatever the step's T. */
  readonly rows: 'step' | 'one';
}

/** Columns of a tensor, as many as are needed, from `column` on. */
export interface TensorColumns {
  readonly tensor: Tensor;
  readonly column: number;
}
