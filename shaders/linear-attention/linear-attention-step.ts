import stepSource from '../common/step.wgsl?raw';
import { team } from '../common/team.ts';
import { assemble, ceilDiv, u32, type Kernel, type Target } from '../kernel.ts';
import { gatingParts } from './gating.ts';
import source from './linear-attention-step.wgsl?raw';
import { variantConstants, variantLabel, type LinearAttentionVariant } from './variant.ts';

/** Columns of the state that one team owns, as one vec4 of values. */
const TEAM_COLUMNS = 4;
/** Few teams a workgroup, so that 16 heads of 128 columns already make 128 workgroups. */
const TEAMS = 4;
const SMALLEST_WORKGROUP = 64;

/**
 * One token (T = 1) of linear attention whose decay is one number a head (`Gating`, engine/ops/linear-attention.ts). Tensors: mixed [1, mixedStride],
 * state [STATE_SLOTS, valueHeads, valueDim, keyDim], out [1, valueHeads · valueDim]; gate_params and gates as the gating has them.
 */
export function linearAttentionStep(variant: LinearAttentionVariant, target: Target): Kernel {
  const { size, features, snippet, label } = team(target);
  const gating = gatingParts(variant.gating, variant.valueHeads);
  const workgroup = Math.max(TEAMS * size, SMALLEST_WORKGROUP);
  return {
    label: `linear-attention-step/${variantLabel(variant)}/${label}`,
    features,
    code: assemble({
      features,
      constants: { ...variantConstants(variant), ...gating.constants, WORKGROUP: u32(workgroup), TEAM: u32(size) },
      snippets: [stepSource, ...gating.snippets, snippet],
      source,
    }),
    bindings: [{ name: 'mixed', type: 'read' }, { name: 'state', type: 'write' }, { name: 'out', type: 'write' }, { name: 'step', type: 'uniform' }, ...gating.bindings],
    workgroups: () => [ceilDiv(variant.valueDim, (workgroup / size) * TEAM_COLUMNS), variant.valueHeads, 1],
  };
}
