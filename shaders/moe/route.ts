import { assemble, bool, roundUp, u32, type Kernel } from '../kernel.ts';
import source from './route.wgsl?raw';
import type { Scoring } from './variant.ts';

export interface RouteVariant {
  /** At most `MAX_EXPERTS`. */
  readonly experts: number;
  /** At most `experts`. */
  readonly topK: number;
  readonly scoring: Scoring;
}

/**
 * The experts of each token, and their weights. Of equal logits the expert with the lower number is taken.
 * Bindings: `logits` f32 [T, roundUp(experts, 4)] · `chosen` u32 [T, topK], the largest logit first · `weights` f32 [T, topK].
 */
export function route({ experts, topK, scoring }: RouteVariant): Kernel {
  const { renormalised } = scoring;
  return {
    label: `moe-route/${topK}of${experts}${renormalised ? '/renormalised' : ''}`,
    features: [],
    code: assemble({
      constants: {
        EXPERTS: u32(experts),
        TOP_K: u32(topK),
        SUMMANDS: u32(renormalised ? topK : experts),
        STRIDE: u32(roundUp(experts, 4)),
        RENORMALISED: bool(renormalised),
        WORKGROUP: u32(Math.min(256, roundUp(experts, 32))),
      },
      source,
    }),
    bindings: [
      { name: 'logits', type: 'read' },
      { name: 'chosen', type: 'write' },
      { name: 'weights', type: 'write' },
    ],
    workgroups: ({ count }) => [count, 1, 1],
  };
}
