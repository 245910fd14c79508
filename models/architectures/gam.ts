import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { MAX_VOCABULARY } from '../../shaders/sampling/sampling.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { matrix, vector, type Loaded } from '../weights/spec.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { layerCount } from './dimensions.ts';

interface GamConfig extends ModelDimensions {
  readonly hiddenSize: number;
  readonly layers: number;
  readonly slots: number;
  readonly kernelSize: number;
}

/** LayerNorm's default, which the code leaves as it is. */
const EPS = 1e-5;

function parse(c: ConfigReader): GamConfig {
  // Fields of the published dataclass: lower case at first, upper case since.
  const key = (name: string): string => (c.has(name.toUpperCase()) ? name.toUpperCase() : name);
  return {
    vocabularySize: c.integer(key('vocab_size'), { min: 1, max: MAX_VOCABULARY, default: 10_000 }),
    maxPositions: c.integer(key('block_size'), { min: 1, default: 256 }),
    hiddenSize: c.integer(key('n_embed'), { min: 1, default: 512 }),
    layers: layerCount(c, key('n_layer'), { default: 6 }),
    slots: c.integer(key('num_memory_slots'), { min: 1, default: 512 }),
    kernelSize: c.integer(key('conv_kernel_size'), { min: 2, default: 3 }),
  };
}

function weights(c: GamConfig) {
  const { hiddenSize, slots } = c;
  const linear = (name: string, outputs: number, inputs: number) => ({ weight: matrix(`${name}.weight`, outputs, inputs), bias: vector(`${name}.bias`, outputs) });
  const norm = (name: string) => ({ weight: vector(`${name}.weight`, hiddenSize), bias: vector(`${name}.bias`, hiddenSize) });
  return {
    tokens: matrix('token_embedding.weight', c.vocabularySize, hiddenSize, { role: 'embedding' }),
    positions: matrix('pos_embedding.weight', c.maxPositions, hiddenSize, { role: 'dense' }),
    blocks: Array.from({ length: c.layers }, (_, i) => `blocks.${i}`).map((block) => ({
      norm: norm(`${block}.ln1`),
      conv: vector(`${block}.causal_conv.weight`, hiddenSize * c.kernelSize, { shape: [hiddenSize, 1, c.kernelSize] }),
      convBias: vector(`${block}.causal_conv.bias`, hiddenSize),
      // Slots are what is looked for and what is found: one tensor, which no packed format has both ways.
      keys: matrix(`${block}.memory_bank`, slots, hiddenSize, { role: 'dense' }),
      values: matrix(`${block}.memory_bank`, hiddenSize, slots, { role: 'dense', transposed: true }),
      gate: linear(`${block}.gate`, 2 * hiddenSize, hiddenSize),
      mlpNorm: norm(`${block}.ln2`),
      up: linear(`${block}.ffn.0`, 4 * hiddenSize, hiddenSize),
      down: linear(`${block}.ffn.2`, hiddenSize, 4 * hiddenSize),
    })),
    norm: norm('ln_f'),
  };
}

type Weights = Loaded<ReturnType<typeof weights>>;

function forward(ops: Ops, w: Weights, c: GamConfig): Tensor {
  const layerNorm = (x: Tensor, { weight, bias }: Weights['norm']): Tensor => ops.layerNorm(x, weight, bias, EPS);
  let x = ops.positionEmbedding(ops.embedding(w.tokens), w.positions);
  for (const block of w.blocks) {
    const normed = layerNorm(x, block.norm);
    const local = ops.shortConv(normed, { state: { kind: 'conv', channels: c.hiddenSize, kernelSize: c.kernelSize }, weight: block.conv, bias: block.convBias, activation: 'none' });
    const global = ops.linear(ops.softmax(ops.linear(normed, block.keys), { parts: 1 }), block.values);
    const gates = ops.linear(normed, block.gate.weight, { bias: block.gate.bias });
    const gated = (context: Tensor, gateOffset: number): Tensor => ops.gatedRmsNorm(context, gates, { heads: 1, gateOffset, activation: 'sigmoid' });
    x = ops.add(gated(global, c.hiddenSize), ops.add(gated(local, 0), x));
    const hidden = ops.linear(layerNorm(x, block.mlpNorm), block.up.weight, { bias: block.up.bias, activation: 'gelu' });
    x = ops.linear(hidden, block.down.weight, { bias: block.down.bias, residual: x });
  }
  return ops.linear(layerNorm(ops.outputRows(x), w.norm), w.tokens);
}

/** The head is tied: a state dict has it under both names. */
const canonicalName = (name: string): string | undefined => (name === 'head.weight' ? undefined : name);

/**
 * Gated Associative Memory (Acharya 2025, arXiv:2509.00605): a causal convolution and a learnt memory in place of attention, each with a gate.
 * Its code (github.com/rishiraj/gam) saves no checkpoints: tensors are those of its module, config keys the fields of its config.
 */
export const gam = register({ parse, weights, canonicalName, forward });
