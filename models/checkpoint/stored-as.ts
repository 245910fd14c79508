/** What a file's author did to a tensor of the Hub. A tensor that is `transposed` has neither `rows` nor `columns`. */
export interface StoredAs {
  /** Row i of the Hub's tensor is row rows[i] of the stored one. */
  readonly rows?: Uint32Array;
  /** Column k of the stored tensor is column columns[k] of the Hub's. */
  readonly columns?: Uint32Array;
  /** Stored as the transpose of the Hub's. */
  readonly transposed?: true;
  /** The Hub's value of a stored one, e.g. v − 1 where 1 + w was baked in. */
  readonly restore?: (value: number) => number;
}
