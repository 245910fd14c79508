import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { Vector } from '../../engine/ops/weight.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { computed, type Loaded } from '../weights/spec.ts';
import type { StoredModules } from '../weights/stored-modules.ts';
import { register } from './architecture.ts';
import { denseConfig } from './dense-config.ts';
import { mlp } from './mlp.ts';
import { transformerName, transformerScalings, transformerWeights, type TransformerConfig } from './transformer.ts';

type Gating = 'gla' | 'gsa' | 'hgrn2';

interface LigerConfig extends TransformerConfig {
  readonly gating: Gating;
  /** Of gated slot attention, in a head. */
  readonly slots: number;
  readonly window: number | undefined;
}

/** What the logarithms of decays are divided by: no config has it. */
const NORMALIZER = 16;

function parse(c: ConfigReader, gating: Gating, projectionBias: boolean): LigerConfig {
  // The mixers have biases where those of the family do, whatever the key of Llama's config says.
  if (c.boolean('attention_bias', { default: projectionBias }) !== projectionBias) throw c.error('attention_bias', String(projectionBias));
  // null: attention to everything.
  const window = c.keys().includes('window_size') ? c.optionalInteger('window_size', { min: 1 }) : 64;
  const dense = denseConfig(c, { projectionBias, mlpBias: !projectionBias && c.boolean('mlp_bias', { default: false }) });
  const slots = gating === 'gsa' ? c.integer('pool_size', { min: 1 }) : 1;
  if (dense.headDim % slots !== 0) throw c.error('pool_size', `a divisor of the ${dense.headDim} elements of a head`);
  return { ...dense, gating, slots, window };
}

function weights(c: LigerConfig, context: number, stored: StoredModules) {
  const noBounds = c.gating === 'hgrn2' ? computed('no lower bounds', new Float32Array(c.heads * c.headDim)) : undefined;
  return { ...transformerWeights(c, context, stored), noBounds };
}

type Weights = Loaded<ReturnType<typeof weights>>;

/** Decays are made of keys as they are before any softmax, as means of neighbours where there are fewer slots than elements; no parameter is new. */
function recurrent(ops: Ops, projection: Tensor, c: LigerConfig, noBounds: Vector | undefined): Tensor {
  const { heads, kvHeads, headDim, slots } = c;
  const [queries, keys] = [heads * headDim, kvHeads * headDim];
  // Heads of k and v serve several of q.
  const shared = { heads: kvHeads, dim: headDim, times: heads / kvHeads };
  const linear = { keyHeads: heads, normalised: false, scale: 1 };
  if (c.gating === 'gsa') {
    const qk = ops.arrangeHeads(projection, [{ column: 0, heads, dim: headDim }, { ...shared, column: queries }]);
    const decay = { tensor: ops.arrangeHeads(projection, [{ ...shared, column: queries, pool: headDim / slots }]), column: 0 };
    const scores = ops.slotScores(qk, { state: { kind: 'recurrent', heads, keyDim: headDim, valueDim: slots }, scale: 1, decay, normalizer: NORMALIZER });
    const v = ops.arrangeHeads(projection, [{ ...shared, column: queries + keys }]);
    return ops.linearAttention(ops.concatenate(ops.softmax(scores, { parts: heads }), v), {
      ...linear,
      state: { kind: 'recurrent', heads, keyDim: slots, valueDim: headDim },
      columns: { q: 0, k: 0, v: heads * slots },
      gating: { kind: 'slots', decay, normalizer: NORMALIZER },
    });
  }
  const features = ops.softmax(projection, { parts: heads + kvHeads, width: queries + keys });
  // [softmax q | softmax k | v | k]
  const mixed = ops.arrangeHeads(ops.concatenate(features, projection), [
    { column: 0, heads, dim: headDim },
    { ...shared, column: queries },
    { ...shared, column: features.width + queries + keys },
    { ...shared, column: features.width + queries },
  ]);
  const decay = { tensor: mixed, column: 3 * queries };
  return ops.linearAttention(mixed, {
    ...linear,
    state: { kind: 'recurrent', heads, keyDim: headDim, valueDim: headDim },
    gating: noBounds ? { kind: 'hgrn2', decay, lowerBounds: noBounds } : { kind: 'gla', decay, normalizer: NORMALIZER },
  });
}

function mixer(ops: Ops, normed: Tensor, residual: Tensor, w: Weights['layers'][number]['attention'], c: LigerConfig, rotaryTable: Vector, noBounds: Vector | undefined): Tensor {
  const { heads, kvHeads, headDim, rotaryDim, window } = c;
  const projection = ops.linear(normed, w.projection, w.projectionBias ? { bias: w.projectionBias } : {});
  const local = ops.softmaxAttention(projection, { state: { kind: 'kv', kvHeads, headDim }, heads, scale: headDim ** -0.5, rotary: { table: rotaryTable, rotaryDim }, ...(window !== undefined && { window }) });
  return ops.linear(ops.add(recurrent(ops, projection, c, noBounds), local), w.output, { scale: 0.5, residual });
}

function forward(ops: Ops, w: Weights, c: LigerConfig): Tensor {
  let x = ops.embedding(w.embedding);
  for (const layer of w.layers) {
    x = mixer(ops, ops.rmsNorm(x, layer.inputNorm, c.eps), x, layer.attention, c, w.rotaryTable, w.noBounds);
    if (layer.mlp) x = mlp(ops, ops.rmsNorm(x, layer.mlpNorm, c.eps), x, layer.mlp);
  }
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding);
}

const liger = (gating: Gating, projectionBias: boolean) => register({ parse: (c) => parse(c, gating, projectionBias), weights, canonicalName: transformerName, scalings: transformerScalings, forward });

/**
 * Liger (Lan et al. 2025, arXiv:2503.01496): Llama or Qwen2 with half of its attention within a window, the other half GLA, GSA or HGRN-2 over the same
 * q, k and v. As in github.com/OpenSparseLLMs/Linearization, `liger/models/`; the window is that of fla-org/distillation-fla, which
 * decodes with one: a token and the 63 before it, or `window_size`.
 */
export const ligerGla = liger('gla', false);
export const ligerGsa = liger('gsa', false);
export const ligerQwen2Gla = liger('gla', true);
export const ligerHgrn2 = liger('hgrn2', false);
