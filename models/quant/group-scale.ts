import { GROUP_SCALE_FACTOR } from '../../shaders/dequant/scales.ts';
import { halfFromNumber, halfToNumber } from '../../shaders/common/half.ts';

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The f16 code of a group's scale as it is stored; an infinity where the scale is too large. */
export const groupScaleCode = (scale: number): number => halfFromNumber(scale * GROUP_SCALE_FACTOR);

/**
 * The same for a scale of our own choice, which is rounded to the 8 significant bits of a bfloat16 first, so that a checkpoint can hold
 * it as it is: that is how most checkpoints, and what else reads them, store scales.
 */
export function chosenScaleCode(scale: number): number {
  float[0] = scale;
  bits[0] = (bits[0] + 0x7fff + ((bits[0] >>> 16) & 1)) & 0xffff0000;
  return groupScaleCode(float[0]);
}

/** The scale that a code stands for. */
export const groupScaleOf = (code: number): number => halfToNumber(code) / GROUP_SCALE_FACTOR;
