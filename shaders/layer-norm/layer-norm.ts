import { assemble, f32, roundUp, u32, type Kernel } from '../kernel.ts';
import source from './layer-norm.wgsl?raw';

export interface LayerNormVariant {
  /** Elements of a row. */
  readonly width: number;
  readonly eps: number;
}

const WORKGROUP = 128;

/**
 * LayerNorm (Ba, Kiros & Hinton 2016, arXiv:1607.06450) of each row of x [T, width]; rows are padded to a multiple of four.
 * Bindings: `x` f32 [T, roundUp(width, 4)], `weight` and `bias` f32 [width], `out` like x.
 */
export function layerNorm({ width, eps }: LayerNormVariant): Kernel {
  return {
    label: `layer-norm/${width}`,
    features: [],
    code: assemble({ constants: { WIDTH: u32(width), STRIDE: u32(roundUp(width, 4)), EPS: f32(eps), WORKGROUP: u32(WORKGROUP) }, source }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'weight', type: 'read' },
      { name: 'bias', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [count, 1, 1],
  };
}
