import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { Vector } from '../../engine/ops/weight.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { computed, type Loaded } from '../weights/spec.ts';
import type { StoredModules } from '../weights/stored-modules.ts';
import { register } from './architecture.ts';
import { denseConfig } from './dense-config.ts';
import { mlp } from './mlp.ts';
import { transformerName, transformerScalings, transformerWeights, type TransformerConfig } from './transformer.ts';

type Gating = 'gla' | 'hgrn2';

interface LigerConfig extends TransformerConfig {
  readonly gating: Gating;
  readonly window: number | undefined;
}

/** What the logarithms of GLA's decays are divided by: no config has it. */
const NORMALIZER = 16;

function parse(c: ConfigReader, gating: Gating, projectionBias: boolean): LigerConfig {
  // The mixers have biases where those of the family do, whatever the key of Llama's config says.
  if (c.boolean('attention_bias', { default: projectionBias }) !== projectionBias) throw c.error('attention_bias', String(projectionBias));
  // null: attention to everything.
  const window = c.keys().includes('window_size') ? c.optionalInteger('window_size', { min: 1 }) : 64;
  return { ...denseConfig(c, { projectionBias, mlpBias: !projectionBias && c.boolean('mlp_bias', { default: false }) }), gating, window };
}

function weights(c: LigerConfig, context: number, stored: StoredModules) {
  const noBounds = c.gating === 'hgrn2' ? computed('no lower bounds', new Float32Array(c.heads * c.headDim)) : undefined;
  return { ...transformerWeights(c, context, stored), noBounds };
}

type Weights = Loaded<ReturnType<typeof weights>>;

/** Decays of linear attention are made of keys as they are before their softmax (the paper's pooling, over as many places as there are channels); no parameter is new. */
function mixer(ops: Ops, normed: Tensor, residual: Tensor, w: Weights['layers'][number]['attention'], c: LigerConfig, rotaryTable: Vector, noBounds: Vector | undefined): Tensor {
  const { heads, kvHeads, headDim, window } = c;
  const [queries, keys] = [heads * headDim, kvHeads * headDim];
  const projection = ops.linear(normed, w.projection, w.projectionBias ? { bias: w.projectionBias } : {});
  const local = ops.softmaxAttention(projection, { state: { kind: 'kv', kvHeads, headDim }, heads, scale: headDim ** -0.5, rotary: { table: rotaryTable, rotaryDim: c.rotaryDim }, ...(window !== undefined && { window }) });
  const features = ops.softmax(projection, { parts: heads + kvHeads, width: queries + keys });
  const joined = ops.concatenate(features, projection);
  // [softmax q | softmax k | v | k], where heads of k and v serve several of q.
  const shared = { heads: kvHeads, dim: headDim, times: heads / kvHeads };
  const mixed = ops.arrangeHeads(joined, [
    { column: 0, heads, dim: headDim },
    { ...shared, column: queries },
    { ...shared, column: features.width + queries + keys },
    { ...shared, column: features.width + queries },
  ]);
  const decay = { tensor: mixed, column: 3 * queries };
  const recurrent = ops.linearAttention(mixed, {
    state: { kind: 'recurrent', heads, keyDim: headDim, valueDim: headDim },
    keyHeads: heads,
    normalised: false,
    scale: 1,
    gating: noBounds ? { kind: 'hgrn2', decay, lowerBounds: noBounds } : { kind: 'gla', decay, normalizer: NORMALIZER },
  });
  return ops.linear(ops.add(recurrent, local), w.output, { scale: 0.5, residual });
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
 * Liger (Lan et al. 2025, arXiv:2503.01496): Llama or Qwen2 with half of its attention within a window, the other half GLA or HGRN-2 over the same
 * q, k and v. As in github.com/OpenSparseLLMs/Linearization, `liger/models/`; the window is that of fla-org/distillation-fla, which
 * decodes with one: a token and the 63 before it, or `window_size`.
 */
export const ligerGla = liger('gla', false);
export const ligerQwen2Gla = liger('gla', true);
export const ligerHgrn2 = liger('hgrn2', false);
