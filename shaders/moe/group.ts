import stepSource from '../common/step.wgsl?raw';
import { assemble, u32, type Kernel } from '../kernel.ts';
import source from './group.wgsl?raw';

export interface GroupVariant {
  /** At most `MAX_EXPERTS`. */
  readonly experts: number;
  readonly topK: number;
}

/** Assignments of a tile: experts of many models get between 16 and 64 of a chunk of 512 tokens. */
export const TILE_ASSIGNMENTS = 32;

const WORKGROUP = 256;

/** Tiles that `tokens` tokens need at most, however they choose: every expert's last one may hold a single assignment. */
export function mostTiles({ experts, topK }: GroupVariant, tokens: number): number {
  const assignments = tokens * topK;
  const active = Math.min(experts, assignments);
  return active + Math.floor((assignments - active) / TILE_ASSIGNMENTS);
}

/**
 * Sorts what the router chose by expert: assignment t · topK + j is token t's j-th choice.
 * Bindings: `chosen` u32 [T, topK] · `order` u32 [T · topK] · `tiles` vec4u [mostTiles]: expert, first place in `order`, number of
 * assignments (0: no tile), unused · `step`.
 */
export function group(variant: GroupVariant): Kernel {
  const { experts, topK } = variant;
  return {
    label: `moe-group/${topK}of${experts}`,
    features: [],
    code: assemble({
      constants: { EXPERTS: u32(experts), TOP_K: u32(topK), TILE: u32(TILE_ASSIGNMENTS), WORKGROUP: u32(WORKGROUP) },
      snippets: [stepSource],
      source,
    }),
    bindings: [
      { name: 'chosen', type: 'read' },
      { name: 'order', type: 'write' },
      { name: 'tiles', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: () => [experts, 1, 1],
  };
}
