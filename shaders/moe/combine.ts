import { assemble, ceilDiv, roundUp, u32, type Kernel } from '../kernel.ts';
import source from './combine.wgsl?raw';

export interface CombineVariant {
  readonly topK: number;
  /** Elements of a token. */
  readonly width: number;
}

const WORKGROUP = 128;

/**
 * Adds to each token the weighted sum of what its experts gave. Bindings: `x` f32 [T · topK, roundUp(width, 4)] · `weights` f32 [T, topK] ·
 * `out` f32 [T, roundUp(width, 4)].
 */
export function combine({ topK, width }: CombineVariant): Kernel {
  return {
    label: `moe-combine/${topK}x${width}`,
    features: [],
    code: assemble({ constants: { TOP_K: u32(topK), WIDTH: u32(width), STRIDE: u32(roundUp(width, 4)), WORKGROUP: u32(WORKGROUP) }, source }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'weights', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [ceilDiv(width, WORKGROUP), count, 1],
  };
}
