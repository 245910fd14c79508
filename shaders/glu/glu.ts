import { assemble, ceilDiv, roundUp, u32, type Kernel } from '../kernel.ts';
import { ACTIVATIONS } from '../linear/epilogue/epilogue.ts';
import type { Activation } from '../linear/linear-variant.ts';
import source from './glu.wgsl?raw';

export interface GluVariant {
  /** Elements of a row of out: half of x's. */
  readonly width: number;
  readonly activation: Activation;
}

const WORKGROUP = 128;

/** x [T, 2 · width], columns [gate | up], to activation(gate) · up (Shazeer 2020, arXiv:2002.05202): for gates that are a sum of products. Rows are padded to a multiple of four. */
export function glu({ width, activation }: GluVariant): Kernel {
  return {
    label: `glu/${width}/${activation}`,
    features: [],
    code: assemble({ constants: { WIDTH: u32(width), STRIDE: u32(roundUp(2 * width, 4)), OUT_STRIDE: u32(roundUp(width, 4)), WORKGROUP: u32(WORKGROUP) }, snippets: [ACTIVATIONS[activation]], source }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [ceilDiv(width, WORKGROUP), count, 1],
  };
}
