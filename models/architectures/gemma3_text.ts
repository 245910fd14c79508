import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { rotaryTable, type RotaryParameters } from '../../engine/rotary/rotary-table.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { readRotary } from '../config/read-rotary.ts';
import { computed, matrix, vector, type Loaded } from '../weights/spec.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { attention, attentionScalings, attentionWeights, type AttentionConfig } from './attention.ts';
import { headDimension, headGroups, layerCount, layerTypes, textConfig, vocabularySize } from './dimensions.ts';
import { mlp, mlpScalings, mlpWeights } from './mlp.ts';
import type { Scaling } from './scaling.ts';
import { transformerName } from './transformer.ts';

type Reach = 'local' | 'global';

interface Gemma3Config extends ModelDimensions, AttentionConfig {
  readonly intermediateSize: number;
  readonly tied: boolean;
  readonly window: number;
  readonly rotary: Readonly<Record<Reach, RotaryParameters>>;
  readonly layers: readonly Reach[];
  readonly logitCap: number | undefined;
}

/** Before layers had their own `rope_parameters`, `rope_scaling` was that of the global ones alone. */
function readRotaries(c: ConfigReader, headDim: number): Gemma3Config['rotary'] {
  const global = readRotary(c, headDim, { layerType: 'full_attention', theta: 1e6 });
  const [thetaKey, theta] = ['rope_local_base_freq', 1e4];
  if (c.optionalObject('rope_parameters')?.has('sliding_attention')) return { global, local: readRotary(c, headDim, { layerType: 'sliding_attention', thetaKey, theta }) };
  return { global, local: { type: 'default', theta: c.number(thetaKey, { min: 1, default: theta }), rotaryDim: headDim } };
}

/** The Hub's configs leave out most of what is a default in transformers' `Gemma3TextConfig`. */
function parse(outer: ConfigReader): Gemma3Config {
  const c = textConfig(outer);
  c.oneOf('hidden_activation', ['gelu_pytorch_tanh'], { default: 'gelu_pytorch_tanh' });
  if (c.has('attn_logit_softcapping')) throw c.error('attn_logit_softcapping', 'null: a soft cap of attention scores is not supported');
  if (c.boolean('use_bidirectional_attention', { default: false })) throw c.error('use_bidirectional_attention', 'false: attention to later tokens is not supported');
  const layers = layerCount(c, 'num_hidden_layers', { default: 26 });
  const types = layerTypes(c, layers, ['sliding_attention', 'full_attention']);
  const pattern = c.integer(c.has('sliding_window_pattern') ? 'sliding_window_pattern' : '_sliding_window_pattern', { min: 1, default: 6 });
  const heads = c.integer('num_attention_heads', { min: 1, default: 8 });
  const headDim = headDimension(c, 'head_dim', { default: 256 });
  const bias = c.boolean('attention_bias', { default: false });
  return {
    vocabularySize: vocabularySize(c, { default: 262_208 }),
    maxPositions: c.integer('max_position_embeddings', { min: 1, default: 131_072 }),
    hiddenSize: c.integer('hidden_size', { min: 1, default: 2304 }),
    intermediateSize: c.integer('intermediate_size', { min: 1, default: 9216 }),
    heads,
    kvHeads: headGroups(c, 'num_key_value_heads', heads, { default: 4 }),
    headDim,
    scale: c.number('query_pre_attn_scalar', { min: 1e-6, default: 256 }) ** -0.5,
    eps: c.number('rms_norm_eps', { min: 0, default: 1e-6 }),
    projectionBias: bias,
    outputBias: bias,
    qkNorm: true,
    gated: false,
    tied: (c.has('tie_word_embeddings') ? c : outer).boolean('tie_word_embeddings', { default: true }),
    window: c.integer('sliding_window', { min: 1, default: 4096 }),
    rotary: readRotaries(c, headDim),
    rotaryDim: headDim,
    layers: Array.from({ length: layers }, (_, i) => ((types ? types[i] === 'full_attention' : (i + 1) % pattern === 0) ? 'global' : 'local')),
    logitCap: c.optionalNumber('final_logit_softcapping', { min: 1e-6 }),
  };
}

/** Gemma's RMSNorms all multiply by 1 + w. */
const plusOne = (value: number): number => 1 + value;

function weights(c: Gemma3Config, context: number) {
  const norm = (name: string) => vector(`${name}.weight`, c.hiddenSize, { map: plusOne });
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    rotaryTables: {
      local: computed('local rotary table', rotaryTable(c.rotary.local, context)),
      global: computed('global rotary table', rotaryTable(c.rotary.global, context)),
    },
    layers: c.layers.map((_, i) => ({
      inputNorm: norm(`model.layers.${i}.input_layernorm`),
      attention: attentionWeights(`model.layers.${i}.self_attn`, c, plusOne),
      attentionNorm: norm(`model.layers.${i}.post_attention_layernorm`),
      mlpInputNorm: norm(`model.layers.${i}.pre_feedforward_layernorm`),
      mlp: mlpWeights(`model.layers.${i}.mlp`, c.hiddenSize, c.intermediateSize, false),
      mlpNorm: norm(`model.layers.${i}.post_feedforward_layernorm`),
    })),
    norm: norm('model.norm'),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

function scalings(c: Gemma3Config): Scaling[] {
  return c.layers.flatMap((_, i) => [
    ...attentionScalings(`model.layers.${i}.self_attn`, `model.layers.${i}.input_layernorm.weight`, c, { plusOne: true }),
    ...mlpScalings(`model.layers.${i}.mlp`, `model.layers.${i}.pre_feedforward_layernorm.weight`, c.hiddenSize, c.intermediateSize, false, { plusOne: true }),
  ]);
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: Gemma3Config): Tensor {
  // In bfloat16 transformers rounds this factor to that type too; in the arithmetic of f32 it does not.
  let x = ops.scale(ops.embedding(w.embedding), Math.sqrt(c.hiddenSize));
  w.layers.forEach((layer, i) => {
    const position = c.layers[i] === 'local' ? { rotaryTable: w.rotaryTables.local, window: c.window } : { rotaryTable: w.rotaryTables.global };
    const mixed = attention(ops, ops.rmsNorm(x, layer.inputNorm, c.eps), undefined, layer.attention, c, position);
    x = ops.rmsNorm(mixed, layer.attentionNorm, c.eps, { residual: x });
    const hidden = mlp(ops, ops.rmsNorm(x, layer.mlpInputNorm, c.eps), undefined, layer.mlp, { activation: 'gelu-tanh' });
    x = ops.rmsNorm(hidden, layer.mlpNorm, c.eps, { residual: x });
  });
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding, c.logitCap === undefined ? {} : { softCap: c.logitCap });
}

/** The vision tower of a `gemma3` checkpoint is not read; the text model in it has one prefix or, in older ones, another. */
function canonicalName(name: string, c: Gemma3Config): string | undefined {
  if (/^(model\.)?(vision_tower|multi_modal_projector)\./.test(name)) return undefined;
  return transformerName(name.replace(/^language_model\.(?=model\.|lm_head\.)/, '').replace(/^model\.language_model\./, 'model.'), c);
}

/** Gemma 3 (arXiv:2503.19786): five layers with a sliding window to one without, and norms on both sides of each; also the text part of `gemma3`. */
export const gemma3 = register({ parse, weights, canonicalName, scalings, forward });
