import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { computed, matrix, vector, type Loaded } from '../weights/spec.ts';
import { headGroups } from './dimensions.ts';
import { expandedHead, flaConfig, MAX_KEY_DIM, MAX_VALUE_DIM, type FlaConfig } from './fla-config.ts';
import { arranged, project, projectionWeights, readConvolution, type Projections } from './fla-mixer.ts';
import { flaModel } from './fla-model.ts';

interface GsaConfig extends FlaConfig {
  readonly heads: number;
  /** Of k, v and the decays; each serves neighbours of the others. */
  readonly kvHeads: number;
  readonly keyDim: number;
  readonly valueDim: number;
  /** Of a head. */
  readonly slots: number;
  readonly projections: Projections;
  /** Of q and k. */
  readonly featureMap: 'silu' | 'relu';
  readonly normalizer: number;
  /** Whether the norm behind the mixer has weights. */
  readonly affine: boolean;
}

/** Of the norm behind the mixer, whatever the config says: fla's layer does not hand `norm_eps` on. */
const OUTPUT_EPS = 1e-5;
const MAX_SLOTS = 512;

/** fla/models/gsa and fla/layers/gsa.py; its config class spells two keys `exapnd_…`. `use_norm`, `use_output_gate` and `clamp_…` change nothing there. */
function parse(c: ConfigReader): GsaConfig {
  const shared = flaConfig(c, { layers: 24 });
  const { hiddenSize } = shared;
  const heads = c.integer('num_heads', { min: 1, default: 4 });
  const kvHeads = headGroups(c, 'num_kv_heads', heads, { default: heads });
  const [expandK, expandV] = ['k', 'v'].map((which) => (c.has(`exapnd_${which}`) && !c.has(`expand_${which}`) ? `exapnd_${which}` : `expand_${which}`));
  const keyDim = expandedHead(c, expandK, 1, { width: hiddenSize, heads, most: MAX_KEY_DIM });
  if (keyDim % 4 !== 0) throw c.error(expandK, `a factor of ${hiddenSize} that gives each of ${heads} heads a multiple of 4 elements`);
  const valueDim = expandedHead(c, expandV, 1, { width: hiddenSize, heads, most: MAX_VALUE_DIM });
  if (heads * valueDim !== hiddenSize) throw c.error(expandV, '1: the norm behind the mixer is as wide as the hidden size');
  const conv = readConvolution(c, false);
  return {
    ...shared,
    heads,
    kvHeads,
    keyDim,
    valueDim,
    slots: c.keys().includes('num_slots') && !c.has('num_slots') ? keyDim : c.integer('num_slots', { min: 1, max: MAX_SLOTS, default: 64 }),
    projections: { hiddenSize, mixed: [['q', heads * keyDim], ['k', kvHeads * keyDim], ['v', kvHeads * valueDim]], gate: 0, ...(conv && { conv }), activation: conv ? 'silu' : 'none' },
    featureMap: c.oneOf('feature_map', ['swish', 'relu'], { default: 'swish' }) === 'relu' ? 'relu' : 'silu',
    normalizer: c.number('gate_logit_normalizer', { min: 1e-6, default: 8 }),
    affine: c.boolean('elementwise_affine', { default: true }),
  };
}

function mixerWeights(prefix: string, c: GsaConfig) {
  const norm = `${prefix}.g_norm.weight`;
  return {
    ...projectionWeights(prefix, c.projections),
    decay: matrix(`${prefix}.f_proj.weight`, c.kvHeads * c.slots, c.hiddenSize, { role: 'dense' }),
    norm: c.affine ? vector(norm, c.hiddenSize) : computed(norm, new Float32Array(c.hiddenSize).fill(1)),
    output: matrix(`${prefix}.o_proj.weight`, c.hiddenSize, c.hiddenSize),
  };
}

/** Slots hold keys and values that decay alike; q weighs slots by a softmax over what their keys score, and reads their values by these weights. */
function mixer(ops: Ops, normed: Tensor, residual: Tensor, w: Loaded<ReturnType<typeof mixerWeights>>, c: GsaConfig): Tensor {
  const { heads, kvHeads, keyDim, valueDim, slots, normalizer, featureMap: activation } = c;
  const { mixed } = project(ops, normed, w, c.projections);
  const times = heads / kvHeads;
  const keys = heads * keyDim;
  const qk = ops.arrangeHeads(mixed, [{ column: 0, heads, dim: keyDim, activation }, { column: keys, heads: kvHeads, dim: keyDim, times, activation }]);
  const v = ops.arrangeHeads(mixed, [{ column: keys + kvHeads * keyDim, heads: kvHeads, dim: valueDim, times, activation: 'silu' }]);
  const decay = { tensor: arranged(ops, ops.linear(normed, w.decay), [{ heads: kvHeads, dim: slots, times }]), column: 0 };
  const scores = ops.slotScores(qk, { state: { kind: 'recurrent', heads, keyDim, valueDim: slots }, scale: 1, decay, normalizer });
  const read = ops.linearAttention(ops.concatenate(ops.softmax(scores, { parts: heads }), v), {
    state: { kind: 'recurrent', heads, keyDim: slots, valueDim },
    keyHeads: heads,
    columns: { q: 0, k: 0, v: heads * slots },
    normalised: false,
    scale: 1,
    gating: { kind: 'slots', decay, normalizer },
  });
  // x · sigmoid(x), normalised.
  const gated = ops.gatedRmsNorm(read, read, { heads: 1, weight: w.norm, eps: OUTPUT_EPS, gateOffset: 0, activation: 'sigmoid', order: 'gate-first' });
  return ops.linear(gated, w.output, { residual });
}

/** Gated slot attention (Zhang et al. 2024, arXiv:2409.07146), as flash-linear-attention stores it. */
export const gsa = flaModel({ parse, mixerWeights, mixer });
