import { assemble, bool, ceilDiv, roundUp, u32, type Kernel } from '../kernel.ts';
import source from './combine.wgsl?raw';

export interface CombineVariant {
  readonly topK: number;
  /** Elements of a token. */
  readonly width: number;
  /** Adds to what `out` holds instead of overwriting it. */
  readonly accumulate: boolean;
}

const WORKGROUP = 128;

/**
 * The weighted sum of what each token's experts gave. Bindings: `x` f32 [T · topK, roundUp(width, 4)] · `weights` f32 [T, topK] ·
 * `out` f32 [T, roundUp(width, 4)].
 */
export function combine({ topK, width, accumulate }: CombineVariant): Kernel {
  return {
    label: `moe-combine/${topK}x${width}${accumulate ? '/accumulate' : ''}`,
    features: [],
    code: assemble({ constants: { ACCUMULATE: bool(accumulate), TOP_K: u32(topK), WIDTH: u32(width), STRIDE: u32(roundUp(width, 4)), WORKGROUP: u32(WORKGROUP) }, source }),
    bindings: [
      { name: 'x', type: 'read' },
      { name: 'weights', type: 'read' },
      { name: 'out', type: 'write' },
    ],
    workgroups: ({ count }) => [ceilDiv(width, WORKGROUP), count, 1],
  };
}
