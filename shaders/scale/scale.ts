import { assemble, ceilDiv, f32, roundUp, u32, type Kernel } from '../kernel.ts';
import source from './scale.wgsl?raw';

export interface ScaleVariant {
  /** Elements of a row. */
  readonly width: number;
  readonly factor: number;
}

const WORKGROUP = 128;

/** x [T, width] times a constant; rows are padded to a multiple of four. */
export function scale({ width, factor }: ScaleVariant): Kernel {
  return {
    label: `scale/${width}/times${factor}`,
    features: [],
    code: assemble({ constants: { WIDTH: u32(width), STRIDE: u32(roundUp(width, 4)), FACTOR: f32(factor), WORKGROUP: u32(WORKGROUP) }, source }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [ceilDiv(width, WORKGROUP), count, 1],
  };
}
