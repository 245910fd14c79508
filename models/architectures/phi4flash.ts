import type { KvState } from '../../engine/ops/state.ts';
import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { ConfigReader } from '../config/config-reader.ts';
import { matrix, vector, type Loaded } from '../weights/spec.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { differentialAttention, differentialConfig, differentialWeights, type DifferentialConfig } from './differential-attention.ts';
import { layerCount, vocabularySize } from './dimensions.ts';
import { fusedMlpWeights } from './fused-mlp.ts';
import { mamba, mambaConfig, mambaOutput, mambaRead, mambaWeights, type MambaConfig } from './mamba.ts';
import { mlp } from './mlp.ts';
import { transformerName } from './transformer.ts';

interface Phi4FlashConfig extends ModelDimensions, MambaConfig, DifferentialConfig {
  readonly layers: number;
  readonly intermediateSize: number;
  readonly eps: number;
  /** Of each layer; undefined: none. */
  readonly windows: readonly (number | undefined)[];
  readonly tied: boolean;
}

/** `sliding_window` is a number for the attention of the first half, or as the config class saves it, a list of one or null for each layer. */
function slidingWindows(c: ConfigReader, layers: number): (number | undefined)[] {
  if (!Array.isArray(c.raw('sliding_window'))) {
    // The config class has a default, and null for none.
    const window = c.keys().includes('sliding_window') ? c.optionalInteger('sliding_window', { min: 1 }) : 2047;
    const windowed = (i: number): boolean => i < layers / 2 && i % 2 === 1;
    // vLLM goes by these, where a config has them.
    const types = c.has('layer_types') ? c.strings('layer_types') : undefined;
    if (types && (types.length !== layers || types.some((type, i) => (type === 'sliding_attention') !== windowed(i)))) throw c.error('layer_types', `a list of ${layers} with sliding_attention for the attention of the first half`);
    return Array.from({ length: layers }, (_, i) => (windowed(i) ? window : undefined));
  }
  const list = c.array('sliding_window');
  const elements = new ConfigReader({ ...list }, c.file, 'sliding_window');
  if (list.length !== layers || list.some((window, i) => window !== null && i >= layers / 2)) throw c.error('sliding_window', `a list of ${layers}, one for each layer, the second half of which has none`);
  return list.map((_, i) => elements.optionalInteger(String(i), { min: 1 }));
}

function parse(c: ConfigReader): Phi4FlashConfig {
  c.oneOf('hidden_act', ['silu'], { default: 'silu' });
  if (c.integer('mb_per_layer', { default: 2 }) !== 2) throw c.error('mb_per_layer', '2: Mamba in every other layer');
  for (const key of ['mlp_bias', 'lm_head_bias']) if (c.boolean(key, { default: false })) throw c.error(key, 'false: this bias is not supported');
  const hiddenSize = c.integer('hidden_size', { min: 1, default: 2560 });
  const layers = layerCount(c, 'num_hidden_layers', { default: 32 });
  if (layers % 4 !== 0) throw c.error('num_hidden_layers', 'a multiple of 4');
  return {
    vocabularySize: vocabularySize(c, { default: 51_200 }),
    maxPositions: c.integer('max_position_embeddings', { min: 1, default: 4096 }),
    layers,
    intermediateSize: c.integer('intermediate_size', { min: 1, default: 9216 }),
    eps: c.number('layer_norm_eps', { min: 0, default: 1e-5 }),
    ...differentialConfig(c, hiddenSize),
    ...mambaConfig(c, hiddenSize),
    windows: slidingWindows(c, layers),
    tied: c.boolean('tie_word_embeddings', { default: true }),
  };
}

function weights(c: Phi4FlashConfig) {
  const norm = (name: string) => ({ weight: vector(`${name}.weight`, c.hiddenSize), bias: vector(`${name}.bias`, c.hiddenSize) });
  const around = (i: number) => ({
    inputNorm: norm(`model.layers.${i}.input_layernorm`),
    mlpNorm: norm(`model.layers.${i}.post_attention_layernorm`),
    mlp: fusedMlpWeights(`model.layers.${i}.mlp`, c.hiddenSize, c.intermediateSize, { gateUp: 'fc1', down: 'fc2' }),
  });
  const attention = (i: number, stored: boolean) => ({ ...around(i), attention: differentialWeights(`model.layers.${i}.attn`, c, stored) });
  const memoryUnit = (prefix: string) => {
    const bias = (name: string, length: number) => (c.mambaBias ? vector(`${prefix}.${name}.bias`, length) : undefined);
    return {
      gate: matrix(`${prefix}.in_proj.weight`, c.inner, c.hiddenSize),
      gateBias: bias('in_proj', c.inner),
      output: matrix(`${prefix}.out_proj.weight`, c.hiddenSize, c.inner),
      outputBias: bias('out_proj', c.hiddenSize),
    };
  };
  const even = Array.from({ length: c.layers / 2 }, (_, i) => 2 * i);
  const self = even.filter((i) => i <= c.layers / 2);
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    self: self.map((i) => ({ even: { ...around(i), mamba: mambaWeights(`model.layers.${i}.attn`, c) }, odd: attention(i + 1, false) })),
    cross: even.slice(self.length).map((i) => ({ even: { ...around(i), memoryUnit: memoryUnit(`model.layers.${i}.attn`) }, odd: attention(i + 1, true) })),
    norm: norm('model.final_layernorm'),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

type Weights = Loaded<ReturnType<typeof weights>>;

function forward(ops: Ops, w: Weights, c: Phi4FlashConfig): Tensor {
  const layerNorm = (x: Tensor, norm: Weights['norm']): Tensor => ops.layerNorm(x, norm.weight, norm.bias, c.eps);
  const feedForward = (x: Tensor, layer: Pick<Weights['self'][number]['even'], 'mlpNorm' | 'mlp'>): Tensor => mlp(ops, layerNorm(x, layer.mlpNorm), x, layer.mlp);
  const gatedBy = (x: Tensor, gate: Tensor, gateOffset: number): Tensor => ops.gatedRmsNorm(x, gate, { heads: 1, gateOffset });
  const states = w.self.map((): KvState => ({ kind: 'kv', kvHeads: c.kvHeads, headDim: c.headDim }));
  let x = ops.embedding(w.embedding);
  let memory: Tensor = x;
  w.self.forEach(({ even, odd }, pair) => {
    const normed = layerNorm(x, even.inputNorm);
    if (pair < w.self.length - 1) x = mamba(ops, normed, x, even.mamba, c);
    else {
      const { projection, read } = mambaRead(ops, normed, even.mamba, c, false);
      memory = read;
      x = mambaOutput(ops, gatedBy(read, projection, c.inner), x, even.mamba);
    }
    x = feedForward(x, even);
    const layer = 2 * pair + 1;
    x = feedForward(differentialAttention(ops, layerNorm(x, odd.inputNorm), x, odd.attention, c, { layer, state: states[pair], stored: false, window: c.windows[layer] }), odd);
  });
  // The cross-decoder keeps nothing, so that of a prompt it reads the last token alone.
  x = ops.outputRows(x);
  memory = ops.outputRows(memory);
  w.cross.forEach(({ even, odd }, pair) => {
    const { memoryUnit } = even;
    const gate = ops.linear(layerNorm(x, even.inputNorm), memoryUnit.gate, memoryUnit.gateBias ? { bias: memoryUnit.gateBias } : {});
    x = feedForward(mambaOutput(ops, gatedBy(memory, gate, 0), x, memoryUnit), even);
    const layer = 2 * (w.self.length + pair) + 1;
    x = feedForward(differentialAttention(ops, layerNorm(x, odd.inputNorm), x, odd.attention, c, { layer, state: states[states.length - 1], stored: true }), odd);
  });
  return ops.linear(layerNorm(x, w.norm), w.head ?? w.embedding);
}

/**
 * Phi-4-mini-flash (SambaY; Ren et al. 2025, arXiv:2507.06607): a self-decoder of Mamba and attention within windows, whose last layers give the
 * memory and the keys and values that the cross-decoder reads, through gated memory units and attention in turns. No positions anywhere.
 * Names and formulas are those of the Hub's `modeling_phi4flash.py`, checked against vLLM's `phi4flash.py`.
 */
export const phi4flash = register({ parse, weights, canonicalName: transformerName, forward });
