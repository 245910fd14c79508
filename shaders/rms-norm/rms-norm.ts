import { assemble, bool, f32, roundUp, u32, type Kernel } from '../kernel.ts';
import source from './rms-norm.wgsl?raw';

export interface RmsNormVariant {
  /** Elements of a row. */
  readonly width: number;
  /** Row length of x, whose first columns are normalised. Default: that of out, roundUp(width, 4). */
  readonly stride?: number;
  readonly eps: number;
  /** Adds to what out holds (the residual) instead of overwriting it. */
  readonly accumulate?: boolean;
}

const WORKGROUP = 128;

/** RMSNorm (Zhang & Sennrich 2019, arXiv:1910.07467) of the first `width` columns of each row of x [T, stride]; rows of out [T, width] are padded to a multiple of four. */
export function rmsNorm({ width, stride = roundUp(width, 4), eps, accumulate = false }: RmsNormVariant): Kernel {
  return {
    label: `rms-norm/${width}${stride === roundUp(width, 4) ? '' : `of${stride}`}${accumulate ? '/accumulate' : ''}`,
    features: [],
    code: assemble({ constants: { WIDTH: u32(width), STRIDE: u32(stride), OUT_STRIDE: u32(roundUp(width, 4)), EPS: f32(eps), ACCUMULATE: bool(accumulate), WORKGROUP: u32(WORKGROUP) }, source }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'weight', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [count, 1, 1],
  };
}
