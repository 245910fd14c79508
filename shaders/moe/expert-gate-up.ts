import { team } from '../common/team.ts';
import { assemble, ceilDiv, f32, roundUp, u32, type Kernel, type Target } from '../kernel.ts';
import biasNone from '../linear/epilogue/bias-none.wgsl?raw';
import biasSource from '../linear/epilogue/bias.wgsl?raw';
import maskedSource from '../linear/masked.wgsl?raw';
import normNone from '../linear/norm-none.wgsl?raw';
import normPlain from '../linear/input/norm-plain.wgsl?raw';
import normSource from '../linear/norm.wgsl?raw';
import source from './expert-gate-up.wgsl?raw';
import { expertEnd } from './expert-end.ts';
import { ENOUGH_WORKGROUPS, expertVectorParts, WORKGROUP } from './expert-vector.ts';
import { expertsLabel, rowsPerElement, type ExpertActivation, type ExpertsVariant } from './variant.ts';

export interface ExpertGateUpVariant extends ExpertsVariant {
  readonly activation: ExpertActivation;
  /** RMSNorm of x in front, with the weights of binding `norm_weight`. */
  readonly norm?: { readonly eps: number };
}

/**
 * Gate and up (or up alone) of one token in the experts that it chose, for decoding. Bindings: the format's planes (`quants`, `scales`) · `x` f32
 * [1, roundUp(K, 4)] · `chosen` u32 [topK] · `norm_weight` f32 [roundUp(K, 4)] where there is a norm · `bias` f32 [all experts, N] where
 * there is one · `out` f32 [topK, roundUp(N / 2 (or N), 4)].
 */
export function expertGateUp(variant: ExpertGateUpVariant, target: Target): Kernel {
  const { format, outputs, topK, bias, activation, norm } = variant;
  const { size, features, snippet, label } = team(target);
  const { bindings, constants } = expertVectorParts(variant, ['chosen'], norm !== undefined);
  const end = expertEnd(activation);
  const teams = WORKGROUP / size;
  const rows = topK * outputs >= 4 * teams * ENOUGH_WORKGROUPS ? 4 : 2;
  return {
    label: `moe-gate-up/${expertsLabel(variant)}${norm ? '/norm' : ''}${end.label}/${label}`,
    features,
    code: assemble({
      features,
      constants: {
        ...constants,
        ...end.constants,
        ...(norm ? { EPS: f32(norm.eps) } : {}),
        OUT_STRIDE: u32(roundUp(outputs / rowsPerElement(activation), 4)),
        ROWS: u32(rows),
        TEAM: u32(size),
        TEAMS: u32(teams),
      },
      snippets: [maskedSource, format.snippet, snippet, ...(norm ? [normPlain, normSource] : [normNone]), bias ? biasSource : biasNone, ...end.snippets],
      source,
    }),
    bindings,
    workgroups: () => [ceilDiv(outputs, rows * teams), topK, 1],
  };
}
