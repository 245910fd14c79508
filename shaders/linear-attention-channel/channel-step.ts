import expm1Source from '../common/expm1.wgsl?raw';
import stepSource from '../common/step.wgsl?raw';
import { team } from '../common/team.ts';
import { assemble, ceilDiv, u32, type Kernel, type Target } from '../kernel.ts';
import operandsSource from './operands.wgsl?raw';
import source from './channel-step.wgsl?raw';
import { channelConstants, channelLabel, withGating, type ChannelVariant } from './variant.ts';

/** Columns of the state that one team owns, as one vec4 of values. */
const TEAM_COLUMNS = 4;
/** Few teams a workgroup, so that 16 heads of 128 columns already make 128 workgroups. */
const TEAMS = 4;
const SMALLEST_WORKGROUP = 64;

/**
 * One token (T = 1) of linear attention with a decay for each channel (linear-attention.md; GLA arXiv:2312.06635, KDA arXiv:2510.26692,
 * RWKV-7 arXiv:2503.14456). mixed [1, mixedStride], state [STATE_SLOTS, valueHeads, valueDim, keyDim], out [1, valueHeads · valueDim],
 * and the tensors of the gating. Throws `RangeError` for sizes that it cannot take.
 */
export function channelStep(variant: ChannelVariant, target: Target): Kernel {
  const { size, features, snippet, label } = team(target);
  const workgroup = Math.max(TEAMS * size, SMALLEST_WORKGROUP);
  const { bindings, constants } = withGating(
    [
      { name: 'mixed', type: 'read' },
      { name: 'state', type: 'write' },
      { name: 'out', type: 'write' },
      { name: 'step', type: 'uniform' },
    ],
    variant,
  );
  return {
    label: `linear-attention-step/${channelLabel(variant)}/${label}`,
    features,
    code: assemble({
      features,
      constants: { ...channelConstants(variant), ...constants, WORKGROUP: u32(workgroup), TEAM: u32(size) },
      snippets: [stepSource, expm1Source, operandsSource, ...variant.gating.snippets, snippet],
      source,
    }),
    bindings,
    workgroups: () => [ceilDiv(variant.valueDim, (workgroup / size) * TEAM_COLUMNS), variant.valueHeads, 1],
  };
}
