import { plainFrequencies, type PlainRotary } from './plain-rotary.ts';
import type { RotaryScaling } from './scaled-frequencies.ts';

/** One that was stretched for longer texts, and what came of that: radians per position of each pair, [rotaryDim/2]. */
export type ScaledRotary = RotaryScaling & PlainRotary & { readonly frequencies: Float64Array };

/** A layer's rotary embedding, as a config describes it. */
export type RotaryParameters = (PlainRotary & { readonly type: 'default' }) | ScaledRotary;

/**
 * (cos, sin) of each position and pair, [positions, rotaryDim/2, 2], computed in float64: the angles reach thousands of radians and
 * WGSL promises little for the sine of those. The attention factor of YaRN and LongRoPE is multiplied into both, as in transformers.
 */
export function rotaryTable(parameters: RotaryParameters, positions: number): Float32Array<ArrayBuffer> {
  const inverse = parameters.type === 'default' ? plainFrequencies(parameters) : parameters.frequencies;
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
