import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { matrix, vector, type Loaded, type VectorSpec } from '../weights/spec.ts';
import { register } from './architecture.ts';
import { attentionWeights } from './attention.ts';
import { denseConfig } from './dense-config.ts';
import { mlp, mlpWeights } from './mlp.ts';
import { transformerName, type TransformerConfig } from './transformer.ts';

interface LizardConfig extends TransformerConfig {
  /** Rows of the maps, half of what a key becomes. */
  readonly features: number;
  readonly window: number;
  readonly metaTokens: number;
}

/** The state's keys are twice as many, and the kernels take 256. */
const MAX_FEATURES = 128;
/** Of the sum of weights that linear attention is divided by. */
const LEAST_WEIGHT = 1e-6;

function parse(c: ConfigReader): LizardConfig {
  if (c.boolean('attention_bias', { default: false })) throw c.error('attention_bias', 'false: the projections have no biases');
  const features = c.integer('feature_dim', { min: 2, max: MAX_FEATURES, default: 128 });
  if (features % 2 !== 0) throw c.error('feature_dim', 'an even number');
  const dense = denseConfig(c, { mlpBias: c.boolean('mlp_bias', { default: false }) });
  return { ...dense, features, window: c.integer('window_size', { min: 1, default: 128 }), metaTokens: c.integer('num_meta', { min: 1, default: 4 }) };
}

/** One logit that weighs as much as all meta tokens together, for each head. */
function sinks(name: string, { metaTokens, heads }: LizardConfig): VectorSpec {
  const from = (logits: Float32Array): Float32Array<ArrayBuffer> => {
    const largest = Math.max(...logits);
    return new Float32Array(heads).fill(largest + Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit - largest), 0)));
  };
  return { ...vector(name, metaTokens), length: heads, made: { stored: metaTokens, from } };
}

function weights(c: LizardConfig) {
  const map = (name: string) => vector(name, c.features * c.headDim, { shape: [c.features, c.headDim] });
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    layers: c.layers.map((_, i) => {
      const mixer = `model.layers.${i}.self_attn`;
      return {
        inputNorm: vector(`model.layers.${i}.input_layernorm.weight`, c.hiddenSize),
        attention: attentionWeights(mixer, c),
        queryMap: map(`${mixer}.phi_q.weight`),
        keyMap: map(`${mixer}.phi_k.weight`),
        gate: matrix(`${mixer}.W_gamma.weight`, 1, c.hiddenSize, { role: 'dense' }),
        sinks: sinks(`${mixer}.meta_tokens`, c),
        blend: vector(`${mixer}.alpha_blend`, 1, { shape: [] }),
        mlpNorm: vector(`model.layers.${i}.post_attention_layernorm.weight`, c.hiddenSize),
        mlp: mlpWeights(`model.layers.${i}.mlp`, c.hiddenSize, c.intermediateSize, c.mlpBias),
      };
    }),
    norm: vector('model.norm.weight', c.hiddenSize),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

type Weights = Loaded<ReturnType<typeof weights>>;

function mixer(ops: Ops, normed: Tensor, residual: Tensor, w: Weights['layers'][number], c: LizardConfig): Tensor {
  const { heads, kvHeads, headDim } = c;
  const projection = ops.linear(normed, w.attention.projection);
  const local = ops.softmaxAttention(projection, { state: { kind: 'kv', kvHeads, headDim }, heads, scale: headDim ** -0.5, window: c.window, sinks: w.sinks });
  const mixed = ops.hedgehogAttention(projection, {
    state: { kind: 'recurrent', heads, keyDim: 2 * c.features, valueDim: headDim + 4 },
    kvHeads,
    queryMap: w.queryMap,
    keyMap: w.keyMap,
    gate: { tensor: ops.linear(normed, w.gate), column: 0 },
    least: LEAST_WEIGHT,
    added: local,
    factor: w.blend,
  });
  return ops.linear(mixed, w.attention.output, { residual });
}

function forward(ops: Ops, w: Weights, c: LizardConfig): Tensor {
  let x = ops.embedding(w.embedding);
  for (const layer of w.layers) {
    x = mixer(ops, ops.rmsNorm(x, layer.inputNorm, c.eps), x, layer, c);
    x = mlp(ops, ops.rmsNorm(x, layer.mlpNorm, c.eps), x, layer.mlp);
  }
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding);
}

/**
 * Lizard (Van Nguyen et al. 2025, arXiv:2507.09025): Llama without positions, its attention replaced by gated linear attention and attention within a
 * window whose softmax has meta tokens without values. Its authors published no code: names of tensors and keys are those of a
 * reproduction (github.com/mahdikhashan/jku-thesis, `lizard_attention.py`), inside Llama's; `model_type` has no source.
 */
export const lizard = register({ parse, weights, canonicalName: transformerName, forward });
