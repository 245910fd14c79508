import type { ConfigReader } from '../config/config-reader.ts';
import { headGroups, stateDimension } from './dimensions.ts';
import type { Mamba2Config } from './mamba2-mixer.ts';

const WITHOUT_LIMIT: readonly unknown[] = [Infinity, 'inf', 'Infinity'];

/** The range that time steps are clamped to; absent: [0, ∞]. Infinity may be a number, as transformers writes it, or "inf". Throws `ConfigError`. */
export function timeStepLimit(c: ConfigReader, key = 'time_step_limit'): readonly [number, number] {
  const value = c.raw(key) ?? [0, Infinity];
  if (Array.isArray(value) && value.length === 2) {
    const [least, most]: readonly unknown[] = value.map((limit) => (WITHOUT_LIMIT.includes(limit) ? Infinity : limit));
    if (typeof least === 'number' && typeof most === 'number' && least >= 0 && least < Infinity && most >= least) return [least, most];
  }
  throw c.error(key, 'a list of two numbers, the smallest and the largest time step, the second of which may be infinite');
}

/** Where a family's config class differs from Bamba's. */
interface Mamba2Defaults {
  readonly heads: number;
  readonly stateSize: number;
}

/**
 * The keys `mamba_*` of Bamba, Granite 4 and Falcon-H1 (`BambaConfig` of transformers). The width of the mixer is `width` where the family has
 * a key for it, and otherwise `mamba_expand` times the hidden size. Throws `ConfigError` naming the key.
 */
export function mamba2Config(c: ConfigReader, hiddenSize: number, { heads: defaultHeads, stateSize }: Mamba2Defaults = { heads: 128, stateSize: 256 }, width?: number): Omit<Mamba2Config, 'norm'> {
  const heads = c.integer('mamba_n_heads', { min: 1, default: defaultHeads });
  const inner = width ?? Math.trunc(c.number('mamba_expand', { min: 0, default: 2 }) * hiddenSize);
  if (inner % heads !== 0) throw c.error('mamba_n_heads', `a divisor of the mixer's width (${inner})`);
  const auto = c.raw('mamba_d_head') === 'auto' || !c.has('mamba_d_head');
  const headDim = auto ? inner / heads : stateDimension(c, 'mamba_d_head');
  if (headDim * heads !== inner || headDim % 4 !== 0) throw c.error('mamba_d_head', `a multiple of 4 that makes the mixer's width (${inner}) with ${heads} heads`);
  return {
    hiddenSize,
    heads,
    headDim,
    groups: headGroups(c, 'mamba_n_groups', heads, { default: 1 }),
    stateSize: stateDimension(c, 'mamba_d_state', { default: stateSize }),
    convKernel: c.integer('mamba_d_conv', { min: 2, default: 4 }),
    convBias: c.boolean('mamba_conv_bias', { default: true }),
    projectionBias: c.boolean('mamba_proj_bias', { default: false }),
    limits: timeStepLimit(c),
  };
}

const KINDS = ['mamba', 'linear_attention', 'attention', 'full_attention'] as const;

/**
 * Which layers attend, from `layer_types`, or from `layers_block_type` in older configs: "attention" or "full_attention", rather than "mamba" or
 * "linear_attention"; absent: none. Throws `ConfigError` naming the key.
 */
export function attendingLayers(c: ConfigReader, layers: number): readonly boolean[] {
  const key = c.has('layer_types') ? 'layer_types' : 'layers_block_type';
  if (!c.has(key)) return Array.from({ length: layers }, () => false);
  const types = c.eachOneOf(key, KINDS);
  if (types.length !== layers) throw c.error(key, `a list of ${layers}, one for each layer`);
  return types.map((type) => type === 'attention' || type === 'full_attention');
}
