import { ceilDiv, roundUp, u32, type Constant } from '../kernel.ts';
import f16Source from './f16.wgsl?raw';
import f32Source from './f32.wgsl?raw';
import fp8Source from './fp8.wgsl?raw';
import groupScalesSource from './group-scales.wgsl?raw';
import int4Source from './int4.wgsl?raw';
import int8Source from './int8.wgsl?raw';

/** How the numbers of a weight matrix are stored on the GPU. Each has a snippet `<format>.wgsl` and a packer in `models/quant`. */
export type WeightFormat = 'f32' | 'f16' | 'int8' | 'int4' | 'fp8';

/** Weights in a block, the unit that `weight_dot` multiplies; K is padded with zeros to a multiple of it. */
export const BLOCK = 32;

/** One buffer of a weight [N, K]: row-major, rows contiguous and whole words long, so that any range of rows can be packed and uploaded by itself. */
export interface Plane {
  /** Binding name: `quants` (binding 0) or `scales` (binding 1). */
  readonly name: 'quants' | 'scales';
  /** Bytes of a row of K inputs, its padding included. */
  readonly bytesPerRow: (inputs: number) => number;
}

export interface FormatDescription {
  /** In the order of their bindings. */
  readonly planes: readonly Plane[];
  /** WGSL: declares bindings 0 (and 1), defines `weight_dot` and `weight_octet`. Needs the constants of `formatConstants`. */
  readonly snippet: string;
}

const quants = (bytesPerBlock: number): Plane => ({ name: 'quants', bytesPerRow: (inputs) => bytesPerBlock * ceilDiv(inputs, BLOCK) });
/** Group scales are stored as f16 times this, which keeps them away from subnormal halves. */
export const GROUP_SCALE_FACTOR = 16;
/** One f16 a block, two in a word; a row with an odd number of blocks ends with an unused half. */
const groupScales: Plane = { name: 'scales', bytesPerRow: (inputs) => roundUp(2 * ceilDiv(inputs, BLOCK), 4) };
/** One f32 a row. */
const rowScale: Plane = { name: 'scales', bytesPerRow: () => 4 };

const FORMATS: Readonly<Record<WeightFormat, FormatDescription>> = {
  f32: { planes: [quants(4 * BLOCK)], snippet: f32Source },
  f16: { planes: [quants(2 * BLOCK)], snippet: f16Source },
  int8: { planes: [quants(BLOCK), groupScales], snippet: `${groupScalesSource}${int8Source}` },
  int4: { planes: [quants(BLOCK / 2), groupScales], snippet: `${groupScalesSource}${int4Source}` },
  fp8: { planes: [quants(BLOCK), rowScale], snippet: fp8Source },
};

export const WEIGHT_FORMATS = Object.keys(FORMATS) as readonly WeightFormat[];

export const describeFormat = (format: WeightFormat): FormatDescription => FORMATS[format];

/** Bytes that one row of K inputs takes over all planes. */
export const bytesPerRow = (format: WeightFormat, inputs: number): number => FORMATS[format].planes.reduce((sum, plane) => sum + plane.bytesPerRow(inputs), 0);

/** Constants that the snippets need of a weight with K inputs. */
export const formatConstants = (inputs: number): Readonly<Record<string, Constant>> => ({ BLOCKS: u32(ceilDiv(inputs, BLOCK)) });
