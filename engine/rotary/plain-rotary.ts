/** A rotary embedding (Su et al. 2021, arXiv:2104.09864) as it was trained first. */
export interface PlainRotary {
  /** Base of the wavelengths. */
  readonly theta: number;
  /** Leading elements of a head that turn, in pairs (i, i + rotaryDim/2); even. */
  readonly rotaryDim: number;
}

/** Radians per position of each pair, [rotaryDim/2] in float64. */
export const plainFrequencies = ({ theta, rotaryDim }: PlainRotary): Float64Array => Float64Array.from({ length: rotaryDim / 2 }, (_, i) => theta ** ((-2 * i) / rotaryDim));
