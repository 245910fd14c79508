import { team } from '../common/team.ts';
import { assemble, bool, ceilDiv, u32, type Kernel, type Target } from '../kernel.ts';
import biasNone from '../linear/epilogue/bias-none.wgsl?raw';
import biasSource from '../linear/epilogue/bias.wgsl?raw';
import maskedSource from '../linear/masked.wgsl?raw';
import source from './expert-down.wgsl?raw';
import { ENOUGH_WORKGROUPS, expertVectorParts, WORKGROUP } from './expert-vector.ts';
import { expertsLabel, type ExpertsVariant } from './variant.ts';

export interface ExpertDownVariant extends ExpertsVariant {
  /** Adds to what `out` holds instead of overwriting it. */
  readonly accumulate: boolean;
}

/**
 * The weighted sum of the down projections of one token's experts, for decoding. Bindings: the format's planes (`quants`,
 * `scales`) · `x` f32 [topK, roundUp(K, 4)] · `chosen` u32 [topK] · `weights` f32 [topK] · `bias` f32 [all experts, N] where there is one ·
 * `out` f32 [1, N].
 */
export function expertDown(variant: ExpertDownVariant, target: Target): Kernel {
  const { format, outputs, bias, accumulate } = variant;
  const { size, features, snippet, label } = team(target);
  const { bindings, constants } = expertVectorParts(variant, ['chosen', 'weights'], false);
  const teams = WORKGROUP / size;
  const rows = [4, 2].find((count) => outputs >= count * teams * ENOUGH_WORKGROUPS) ?? 1;
  return {
    label: `moe-down/${expertsLabel(variant)}${accumulate ? '/accumulate' : ''}/${label}`,
    features,
    code: assemble({
      features,
      constants: { ...constants, ACCUMULATE: bool(accumulate), ROWS: u32(rows), TEAM: u32(size), TEAMS: u32(teams) },
      snippets: [maskedSource, format.snippet, snippet, bias ? biasSource : biasNone],
      source,
    }),
    bindings,
    workgroups: () => [ceilDiv(outputs, rows * teams), 1, 1],
  };
}
