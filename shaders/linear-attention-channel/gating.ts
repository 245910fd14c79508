import sigmoidSource from '../common/sigmoid.wgsl?raw';
import softplusSource from '../common/softplus.wgsl?raw';
import { bool, f32, u32, type Constant } from '../kernel.ts';
import betaNone from './beta-none.wgsl?raw';
import betaSigmoid from './beta-sigmoid.wgsl?raw';
import given from './gate-given.wgsl?raw';
import gla from './gate-gla.wgsl?raw';
import hgrn2 from './gate-hgrn2.wgsl?raw';
import kda from './gate-kda.wgsl?raw';
import bounded from './kda-decay-bounded.wgsl?raw';
import unbounded from './kda-decay-softplus.wgsl?raw';
import rwkv7 from './gate-rwkv7.wgsl?raw';
import slots from './gate-slots.wgsl?raw';
import scalesKappa from './scales-kappa.wgsl?raw';
import scalesPlain from './scales-plain.wgsl?raw';

/**
 * What a token does to the state beside decaying it and adding k̃ vᵀ. `none`: nothing (GLA). `tied`: it erases what its own key
 * would read, after the decay (KDA: p = α ⊙ k, b = −βk, k̃ = βk). `general`: p and b are anything (RWKV-7).
 */
export type Delta = 'none' | 'tied' | 'general';

/** Where a tensor [T, stride] holds a gate's raw values: in as many columns as there are of them, from `column` on. */
export interface GateColumns {
  readonly stride: number;
  readonly column: number;
}

/** What makes decays and operands of a token's raw tensors: WGSL that defines `operands`, `beta` and `row_scales` (operands.wgsl). */
export interface ChannelGating {
  readonly label: string;
  readonly delta: Delta;
  readonly snippets: readonly string[];
  readonly constants: Readonly<Record<string, Constant>>;
  /** Bindings that the snippets declare: the constant that holds the place of each, and its name. */
  readonly bindings: Readonly<Record<string, string>>;
}

/** The place of values that are read four at a time. Throws `RangeError` where they do not lie so. */
function vecs(name: string, { stride, column }: GateColumns): Record<string, Constant> {
  if (stride % 4 || column % 4) throw new RangeError(`linearAttention: ${name.toLowerCase()} at column ${column} of ${stride} must begin at a multiple of 4`);
  return { [`${name}_VECS`]: u32(stride / 4), [`${name}_COLUMN`]: u32(column / 4) };
}

const elements = (name: string, { stride, column }: GateColumns): Record<string, Constant> => ({ [`${name}_STRIDE`]: u32(stride), [`${name}_COLUMN`]: u32(column) });

/** `raw_decay` holds f [keyHeads, keyDim], `betas` b [valueHeads], `gate_params` [keyHeads] of −e^A_log, then dt_bias [keyHeads, keyDim]. `lowerBound`: of log-decays, if they have one. */
export const kdaGating = (decay: GateColumns, beta: GateColumns, betaScale: 1 | 2, lowerBound?: number): ChannelGating => ({
  label: `kda${betaScale}${lowerBound === undefined ? '' : `/bounded${lowerBound}`}`,
  delta: 'tied',
  snippets: [sigmoidSource, betaSigmoid, scalesPlain, ...(lowerBound === undefined ? [softplusSource, unbounded] : [bounded]), kda],
  constants: { ...vecs('DECAY', decay), ...elements('BETA', beta), BETA_SCALE: f32(betaScale), ...(lowerBound !== undefined && { LOWER_BOUND: f32(lowerBound) }) },
  bindings: { DECAY_BINDING: 'raw_decay', BETA_BINDING: 'betas', PARAMETERS_BINDING: 'gate_params' },
});

/** `raw_decay` holds x [keyHeads, keyDim]. `smallest` bounds log-decays from below (fla's `clamp_min`). */
export const glaGating = (decay: GateColumns, normalizer: number, smallest = -3e38): ChannelGating => ({
  label: `gla${normalizer}`,
  delta: 'none',
  snippets: [softplusSource, betaNone, scalesPlain, gla],
  constants: { ...vecs('DECAY', decay), NORMALIZER: f32(normalizer), SMALLEST: f32(smallest) },
  bindings: { DECAY_BINDING: 'raw_decay' },
});

/** `raw_decay` holds f [keyHeads, keyDim], `gate_params` the lower bounds [layers, keyHeads, keyDim], of which `layer` is this one's. There is no k. */
export const hgrn2Gating = (decay: GateColumns, layer = 0): ChannelGating => ({
  label: `hgrn2/${layer}`,
  delta: 'none',
  snippets: [sigmoidSource, betaNone, scalesPlain, hgrn2],
  constants: { ...vecs('DECAY', decay), LAYER: u32(layer) },
  bindings: { DECAY_BINDING: 'raw_decay', PARAMETERS_BINDING: 'gate_params' },
});

/** `raw_decay` holds x [keyHeads, keyDim]. There is no k. */
export const slotsGating = (decay: GateColumns, normalizer: number): ChannelGating => ({
  label: `slots${normalizer}`,
  delta: 'none',
  snippets: [softplusSource, betaNone, scalesPlain, slots],
  constants: { ...vecs('DECAY', decay), NORMALIZER: f32(normalizer) },
  bindings: { DECAY_BINDING: 'raw_decay' },
});

/** `raw_decay` holds w and `rates` the logits of a, each [keyHeads, keyDim]; `gate_params` [2, keyHeads, keyDim] of k_k and k_a, of which more may follow. `eps` is added to κ's sum of squares. */
export const rwkv7Gating = (decay: GateColumns, rate: GateColumns, eps: number): ChannelGating => ({
  label: `rwkv7${eps === 0 ? '' : `+${eps}`}`,
  delta: 'general',
  snippets: [sigmoidSource, betaNone, scalesKappa, rwkv7],
  constants: { ...vecs('DECAY', decay), ...vecs('RATE', rate), KAPPA_EPS: f32(eps) },
  bindings: { DECAY_BINDING: 'raw_decay', RATE_BINDING: 'rates', PARAMETERS_BINDING: 'gate_params' },
});

/** `raw_decay` holds log-decays, [keyHeads, keyDim] or, unless `perChannel`, [keyHeads]; `p_rows` and `b_rows` hold [keyHeads, keyDim] each. */
export const givenGating = (decay: GateColumns, p: GateColumns, b: GateColumns, perChannel: boolean): ChannelGating => ({
  label: perChannel ? 'given' : 'given-scalar',
  delta: 'general',
  snippets: [betaNone, scalesPlain, given],
  constants: { ...elements('DECAY', decay), ...vecs('P', p), ...vecs('B', b), PER_CHANNEL: bool(perChannel) },
  bindings: { DECAY_BINDING: 'raw_decay', P_BINDING: 'p_rows', B_BINDING: 'b_rows' },
});
