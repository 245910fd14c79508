import { assemble, bool, f32, roundUp, u32, type Kernel } from '../kernel.ts';
import source from './rms-norm.wgsl?raw';

export interface RmsNormVariant {
  /** Elements of a row. */
  readonly width: number;
  readonly eps: number;
  /** Adds to what out holds (the residual) instead of overwriting it. */
  readonly accumulate?: boolean;
}

const WORKGROUP = 128;

/** RMSNorm (Zhang & Sennrich 2019, arXiv:1910.07467) of each row of x [T, width]; rows are padded to a multiple of four. */
export function rmsNorm({ width, eps, accumulate = false }: RmsNormVariant): Kernel {
  return {
    label: `rms-norm/${width}${accumulate ? '/accumulate' : ''}`,
    features: [],
    code: assemble({ constants: { WIDTH: u32(width), STRIDE: u32(roundUp(width, 4)), EPS: f32(eps), ACCUMULATE: bool(accumulate), WORKGROUP: u32(WORKGROUP) }, source }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'weight', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [count, 1, 1],
  };
}
