import { frequencies, type RotaryScaling } from './frequencies.ts';

export type { RotaryScaling } from './frequencies.ts';

/** A layer's rotary embedding (Su et al. 2021, arXiv:2104.09864), as a config describes it. */
export type RotaryParameters = RotaryScaling & {
  /** Base of the wavelengths. */
  readonly theta: number;
  /** Leading elements of a head that turn, in pairs (i, i + rotaryDim/2); even. */
  readonly rotaryDim: number;
};

/**
 * (cos, sin) of each position and pair, [positions, rotaryDim/2, 2], computed in float64: the angles reach thousands of radians and
 * WGSL promises little for the sine of those. The attention factor of YaRN and LongRoPE is multiplied into both, as in transformers.
 */
export function rotaryTable(parameters: RotaryParameters, positions: number): Float32Array<ArrayBuffer> {
  const inverse = frequencies(parameters);
  const factor = 'attentionFactor' in parameters ? parameters.attentionFactor : 1;
  const table = new Float32Array(positions * parameters.rotaryDim);
  let at = 0;
  for (let position = 0; position < positions; position++) {
    for (const frequency of inverse) {
      table[at++] = factor * Math.cos(position * frequency);
      table[at++] = factor * Math.sin(position * frequency);
    }
  }
  return table;
}
