import sigmoidSource from '../common/sigmoid.wgsl?raw';
import { assemble, bool, f32, roundUp, u32, type Constant, type Kernel } from '../kernel.ts';
import biasNone from './choice-bias-none.wgsl?raw';
import biasSource from './choice-bias.wgsl?raw';
import limitGroups from './limit-groups.wgsl?raw';
import limitNone from './limit-none.wgsl?raw';
import source from './route.wgsl?raw';
import scoreSigmoid from './score-sigmoid.wgsl?raw';
import scoreSoftmax from './score-softmax.wgsl?raw';
import { DEFAULT_EPSILON, type Scoring } from './variant.ts';

export interface RouteVariant {
  /** At most `MAX_EXPERTS`. */
  readonly experts: number;
  /** At most `experts`, or those of the groups that are chosen. */
  readonly topK: number;
  readonly scoring: Scoring;
}

/** How scores are made and limited, and what their sum begins with and runs over. */
interface ScoringParts {
  readonly snippets: readonly string[];
  readonly constants: Readonly<Record<string, Constant>>;
  readonly bias: boolean;
  readonly label: string;
}

function scoringParts({ experts, topK, scoring }: RouteVariant): ScoringParts {
  const { renormalised } = scoring;
  if (scoring.kind === 'softmax') return { snippets: [limitNone, scoreSoftmax], constants: { SUMMANDS: u32(renormalised ? topK : experts), SUM_START: f32(0) }, bias: false, label: 'softmax' };
  const { bias, groups, epsilon = DEFAULT_EPSILON } = scoring;
  const biased = bias !== undefined;
  const limits: Readonly<Record<string, Constant>> = groups
    ? { GROUPS: u32(groups.count), GROUPS_CHOSEN: u32(groups.chosen), GROUP_EXPERTS: u32(experts / groups.count), TOP_TWO: bool(groups.scoring === 'top2-sum') }
    : {};
  return {
    snippets: [sigmoidSource, biased ? biasSource : biasNone, groups ? limitGroups : limitNone, scoreSigmoid],
    constants: { SUMMANDS: u32(renormalised ? topK : 0), SUM_START: f32(renormalised ? epsilon : 1), ...limits },
    bias: biased,
    label: ['sigmoid', biased && 'bias', groups && `${groups.chosen}of${groups.count}groups-${groups.scoring}`].filter(Boolean).join('/'),
  };
}

/**
 * The experts of each token, and their weights. Of equally good experts the one with the lower number is taken.
 * Bindings: `logits` f32 [T, roundUp(experts, 4)] · `chosen` u32 [T, topK], the best first · `weights` f32 [T, topK] · `bias` f32 [experts]
 * where the scoring has one.
 */
export function route(variant: RouteVariant): Kernel {
  const { experts, topK, scoring } = variant;
  const { renormalised, scale = 1 } = scoring;
  const parts = scoringParts(variant);
  return {
    label: `moe-route/${topK}of${experts}/${parts.label}${renormalised ? '/renormalised' : ''}${scale === 1 ? '' : `/times${scale}`}`,
    features: [],
    code: assemble({
      constants: {
        EXPERTS: u32(experts),
        TOP_K: u32(topK),
        STRIDE: u32(roundUp(experts, 4)),
        RENORMALISED: bool(renormalised),
        SCALE: f32(scale),
        WORKGROUP: u32(Math.min(256, roundUp(experts, 32))),
        ...parts.constants,
      },
      snippets: parts.snippets,
      source,
    }),
    bindings: [{ name: 'logits', type: 'read' }, { name: 'chosen', type: 'write' }, { name: 'weights', type: 'write' }, ...(parts.bias ? [{ name: 'bias', type: 'read' } as const] : [])],
    workgroups: ({ count }) => [count, 1, 1],
  };
}
