import expm1Source from '../common/expm1.wgsl?raw';
import sigmoidSource from '../common/sigmoid.wgsl?raw';
import softplusSource from '../common/softplus.wgsl?raw';
import { bool, f32, u32, type Binding, type Constant } from '../kernel.ts';
import decaySource from './decay.wgsl?raw';
import gateSource from './gate.wgsl?raw';
import constantSource from './gating-constant.wgsl?raw';
import deltaSource from './gating-delta.wgsl?raw';
import deltaRuleSource from './gating-delta-rule.wgsl?raw';
import deltaRuleWholeSource from './gating-delta-rule-whole.wgsl?raw';
import mamba2Source from './gating-mamba2.wgsl?raw';
import sigmoidGateSource from './gating-sigmoid.wgsl?raw';

/** What a mixer's gates are and where they lie; the formulas are those of `Gating` in engine/ops/linear-attention.ts. `stride`: row length of the tensor that holds them. */
export type GatingVariant =
  | { readonly kind: 'delta'; readonly stride: number; readonly betaColumn: number; readonly decayColumn: number; readonly betaScale: 1 | 2; /** Heads that have parameters, which all others share in turns; default: all. */ readonly parameterHeads?: number }
  | { readonly kind: 'delta-rule'; readonly beta?: { readonly stride: number; readonly column: number }; readonly betaScale: 1 | 2 }
  | { readonly kind: 'mamba2'; readonly stride: number; readonly column: number; readonly limits: readonly [least: number, most: number] }
  | { readonly kind: 'sigmoid'; readonly stride: number; readonly column: number }
  | { readonly kind: 'constant' };

/** What a kernel that asks for `gate_of` is assembled with. The bindings are its 4th and 5th, or as many as there are. */
interface GatingParts {
  readonly constants: Readonly<Record<string, Constant>>;
  readonly snippets: readonly string[];
  readonly bindings: readonly Binding[];
}

const LARGEST_F32 = 3.4028234663852886e38;

const PARAMETERS: Binding = { name: 'gate_params', type: 'read' };
const GATES: Binding = { name: 'gates', type: 'read' };

/** Whether what is written is corrected by what the state holds. */
export const isDelta = ({ kind }: GatingVariant): boolean => kind === 'delta' || kind === 'delta-rule';

/** Throws `RangeError` where the gates are not in their tensor. */
export function gatingParts(gating: GatingVariant, heads: number): GatingParts {
  const common = [expm1Source, decaySource, gateSource];
  const constants = { DELTA: bool(isDelta(gating)) };
  switch (gating.kind) {
    case 'delta': {
      const { stride, betaColumn, decayColumn, betaScale, parameterHeads = heads } = gating;
      checkColumns([betaColumn, decayColumn], heads, stride);
      return {
        constants: { ...constants, GATES_STRIDE: u32(stride), BETA_COLUMN: u32(betaColumn), DECAY_COLUMN: u32(decayColumn), BETA_SCALE: f32(betaScale), PARAMETER_HEADS: u32(parameterHeads) },
        snippets: [...common, sigmoidSource, softplusSource, deltaSource],
        bindings: [PARAMETERS, GATES],
      };
    }
    case 'delta-rule': {
      const { beta, betaScale } = gating;
      if (!beta) return { constants: { ...constants, BETA_SCALE: f32(betaScale) }, snippets: [...common, deltaRuleWholeSource], bindings: [] };
      checkColumns([beta.column], heads, beta.stride);
      return {
        constants: { ...constants, GATES_STRIDE: u32(beta.stride), BETA_COLUMN: u32(beta.column), BETA_SCALE: f32(betaScale) },
        snippets: [...common, sigmoidSource, deltaRuleSource],
        bindings: [GATES],
      };
    }
    case 'mamba2': {
      const { stride, column, limits: [least, most] } = gating;
      checkColumns([column], heads, stride);
      return {
        constants: { ...constants, GATES_STRIDE: u32(stride), TIME_COLUMN: u32(column), LEAST_TIME: f32(least), MOST_TIME: f32(Math.min(most, LARGEST_F32)) },
        snippets: [...common, softplusSource, mamba2Source],
        bindings: [PARAMETERS, GATES],
      };
    }
    case 'sigmoid': {
      const { stride, column } = gating;
      checkColumns([column], 1, stride);
      return { constants: { ...constants, GATES_STRIDE: u32(stride), DECAY_COLUMN: u32(column) }, snippets: [...common, softplusSource, sigmoidGateSource], bindings: [GATES] };
    }
    case 'constant':
      return { constants, snippets: [...common, constantSource], bindings: [PARAMETERS] };
    default:
      return gating satisfies never;
  }
}

function checkColumns(columns: readonly number[], heads: number, stride: number): void {
  for (const first of columns) {
    if (first + heads > stride) throw new RangeError(`linearAttention: gates at ${first}+${heads} exceed rows of ${stride}`);
  }
}
