import { ceilDiv, roundUp } from '../kernel.ts';
import scaledMin from './scaled-min.wgsl?raw';
import scaled from './scaled.wgsl?raw';
import e8m0 from './scales/e8m0.wgsl?raw';
import f16 from './scales/f16.wgsl?raw';
import f32 from './scales/f32.wgsl?raw';
import half from './scales/half.wgsl?raw';
import nvfp4 from './scales/nvfp4.wgsl?raw';
import offset from './scales/offset.wgsl?raw';
import super16 from './scales/super-16.wgsl?raw';
import super32 from './scales/super-32.wgsl?raw';
import superMin16 from './scales/super-min-16.wgsl?raw';
import superMin32 from './scales/super-min-32.wgsl?raw';
import { BLOCK, SUPER } from './plane.ts';

/** How the numbers that codes are multiplied by (and what is taken off afterwards) are stored. */
export type ScaleName = 'f16' | 'f32' | 'e8m0' | 'nvfp4' | 'offset' | 'super-16' | 'super-32' | 'super-min-16' | 'super-min-32';

export interface ScaleDescription {
  /** Bytes of a row of the plane `scales`. `group`: weights that share a scale where a format may choose. */
  readonly bytesPerRow: (inputs: number, group: number) => number;
  /** WGSL: declares the plane, defines `block_scales` (and `block_mins`), `weight_dot` and `weight_octet`. */
  readonly snippet: string;
}

/** f16 group scales are stored times this, which keeps them away from subnormal halves. */
export const GROUP_SCALE_FACTOR = 16;

/** Groups of a row of K inputs; a group of Infinity is the whole row. */
export const groupsOf = (inputs: number, group: number): number => Math.max(1, ceilDiv(inputs, group));

const supers = (bytes: number) => (inputs: number): number => bytes * ceilDiv(inputs, SUPER);

export const SCALES: Readonly<Record<ScaleName, ScaleDescription>> = {
  // Two in a word; a row with an odd number of groups ends with an unused half.
  f16: { bytesPerRow: (inputs, group) => roundUp(2 * groupsOf(inputs, group), 4), snippet: `${f16}${scaled}` },
  f32: { bytesPerRow: (inputs, group) => 4 * groupsOf(inputs, group), snippet: `${f32}${scaled}` },
  e8m0: { bytesPerRow: (inputs) => roundUp(ceilDiv(inputs, BLOCK), 4), snippet: `${e8m0}${scaled}` },
  nvfp4: { bytesPerRow: (inputs) => 4 + roundUp(2 * ceilDiv(inputs, BLOCK), 4), snippet: `${nvfp4}${scaled}` },
  offset: { bytesPerRow: (inputs) => 4 * ceilDiv(inputs, BLOCK), snippet: `${half}${offset}${scaledMin}` },
  'super-16': { bytesPerRow: supers(20), snippet: `${half}${super16}${scaled}` },
  'super-32': { bytesPerRow: supers(12), snippet: `${half}${super32}${scaled}` },
  'super-min-16': { bytesPerRow: supers(20), snippet: `${half}${superMin16}${scaledMin}` },
  'super-min-32': { bytesPerRow: supers(20), snippet: `${half}${superMin32}${scaledMin}` },
};
