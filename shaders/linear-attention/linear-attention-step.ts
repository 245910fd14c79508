import sigmoidSource from '../common/sigmoid.wgsl?raw';
import stepSource from '../common/step.wgsl?raw';
import { team } from '../common/team.ts';
import { assemble, ceilDiv, u32, type Kernel, type Target } from '../kernel.ts';
import decaySource from './decay-softplus.wgsl?raw';
import { gatingConstants } from './gating.ts';
import source from './linear-attention-step.wgsl?raw';
import { variantConstants, variantLabel, type LinearAttentionVariant } from './variant.ts';

/** Columns of the state that one team owns, as one vec4 of values. */
const TEAM_COLUMNS = 4;
/** Few teams a workgroup, so that 16 heads of 128 columns already make 128 workgroups. */
const TEAMS = 4;
const SMALLEST_WORKGROUP = 64;

/**
 * One token (T = 1) of the gated delta rule (arXiv:2412.06464; `torch_recurrent_gated_delta_rule` of transformers' Qwen3-Next).
 * mixed [1, mixedStride], gates [1, stride], gate_params [2, valueHeads] = (−e^A_log, dt_bias),
 * state [STATE_SLOTS, valueHeads, valueDim, keyDim], out [1, valueHeads · valueDim].
 */
export function linearAttentionStep(variant: LinearAttentionVariant, target: Target): Kernel {
  const { size, features, snippet, label } = team(target);
  const workgroup = Math.max(TEAMS * size, SMALLEST_WORKGROUP);
  return {
    label: `linear-attention-step/${variantLabel(variant)}/${label}`,
    features,
    code: assemble({
      features,
      constants: { ...variantConstants(variant), ...gatingConstants(variant.gating, variant.valueHeads), WORKGROUP: u32(workgroup), TEAM: u32(size) },
      snippets: [stepSource, sigmoidSource, decaySource, snippet],
      source,
    }),
    bindings: [
      { name: 'mixed', type: 'read' },
      { name: 'gates', type: 'read' },
      { name: 'gate_params', type: 'read' },
      { name: 'state', type: 'write' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    workgroups: () => [ceilDiv(variant.valueDim, (workgroup / size) * TEAM_COLUMNS), variant.valueHeads, 1],
  };
}
