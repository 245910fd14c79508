import type { Target } from '../kernel.ts';
import subgroupSource from './reduce-subgroup.wgsl?raw';
import workgroupSource from './reduce-workgroup.wgsl?raw';

/** How neighbouring invocations add up their parts: `TEAM` of them, by shuffles where the adapter guarantees that they share a subgroup. */
export interface Team {
  readonly size: number;
  readonly features: readonly GPUFeatureName[];
  readonly snippet: string;
  /** Part of a variant's label. */
  readonly label: string;
}

const WIDEST = 32;

export function team(target: Target): Team {
  if (target.subgroup > 1) {
    const size = Math.min(target.subgroup, WIDEST);
    return { size, features: ['subgroups'], snippet: subgroupSource, label: `subgroup${size}` };
  }
  return { size: WIDEST, features: [], snippet: workgroupSource, label: 'workgroup' };
}
