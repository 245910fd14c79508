import { plainFrequencies, type PlainRotary } from './plain-rotary.ts';

/**
 * How a checkpoint stretches its rotary embedding. Fields carry transformers' names in camel case; the formulas are those of
 * `modeling_rope_utils.py` (https://github.com/huggingface/transformers/blob/main/src/transformers/modeling_rope_utils.py).
 */
export type RotaryScaling =
  | { readonly type: 'linear'; readonly factor: number }
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalMaxPositionEmbeddings: number;
    }
  | {
      /** The one set of factors that serves texts of any length. */
      readonly type: 'longrope';
      /** What the frequency of each pair is divided by, [rotaryDim/2]. */
      readonly factors: readonly number[];
      /** Factor of cosines and sines. */
      readonly attentionFactor: number;
    }
  | {
      readonly type: 'yarn';
      readonly factor: number;
      readonly originalMaxPositionEmbeddings: number;
      readonly betaFast: number;
      readonly betaSlow: number;
      /** Whether the range of interpolated dimensions is rounded to whole ones. */
      readonly truncate: boolean;
      /** Factor of cosines and sines. */
      readonly attentionFactor: number;
    };

const clamp = (value: number): number => Math.min(1, Math.max(0, value));

/** Radians per position of each pair, [rotaryDim/2] in float64. */
export function scaledFrequencies(scaling: RotaryScaling, rotary: PlainRotary): Float64Array {
  const plain = plainFrequencies(rotary);
  switch (scaling.type) {
    case 'linear':
      return plain.map((frequency) => frequency / scaling.factor);
    case 'llama3':
      return plain.map((frequency) => llama3(frequency, scaling));
    case 'longrope': {
      const { factors } = scaling;
      return plain.map((frequency, i) => frequency / factors[i]);
    }
    case 'yarn':
      return yarn(plain, scaling, rotary);
    default:
      return scaling satisfies never;
  }
}

/** `_compute_llama3_parameters`: long wavelengths are stretched, short ones kept, those between interpolated. */
function llama3(frequency: number, { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings: length }: Extract<RotaryScaling, { type: 'llama3' }>): number {
  const wavelength = (2 * Math.PI) / frequency;
  if (wavelength < length / highFreqFactor) return frequency;
  if (wavelength > length / lowFreqFactor) return frequency / factor;
  const smooth = (length / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor);
  return ((1 - smooth) * frequency) / factor + smooth * frequency;
}

/** `_compute_yarn_parameters` (Peng et al. 2023, arXiv:2309.00071): a ramp over the dimensions from kept to stretched. */
function yarn(
  plain: Float64Array,
  { factor, betaFast, betaSlow, truncate, originalMaxPositionEmbeddings }: Extract<RotaryScaling, { type: 'yarn' }>,
  { theta, rotaryDim }: PlainRotary,
): Float64Array {
  const dimensionOf = (turns: number): number => (rotaryDim * Math.log(originalMaxPositionEmbeddings / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const rawLow = dimensionOf(betaFast);
  const rawHigh = dimensionOf(betaSlow);
  const low = Math.max(truncate ? Math.floor(rawLow) : rawLow, 0);
  const top = Math.min(truncate ? Math.ceil(rawHigh) : rawHigh, rotaryDim - 1);
  const high = low === top ? top + 0.001 : top;
  return plain.map((frequency, i) => {
    const stretched = clamp((i - low) / (high - low));
    return (frequency / factor) * stretched + frequency * (1 - stretched);
  });
}
