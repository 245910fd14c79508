import { GROUP_SCALE_FACTOR } from '../../shaders/dequant/scales.ts';
import { halfFromNumber, halfToNumber } from '../../shaders/common/half.ts';

/** The f16 code of a group's scale as it is stored; an infinity where the scale is too large. */
export const groupScaleCode = (scale: number): number => halfFromNumber(scale * GROUP_SCALE_FACTOR);

/** The scale that a code stands for. */
export const groupScaleOf = (code: number): number => halfToNumber(code) / GROUP_SCALE_FACTOR;
