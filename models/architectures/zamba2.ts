import type { Ops, Tensor } from '../../engine/ops/vocabulary.ts';
import { rotaryTable, type RotaryParameters } from '../../engine/rotary/rotary-table.ts';
import type { ConfigReader } from '../config/config-reader.ts';
import { readRotary } from '../config/read-rotary.ts';
import { computed, matrix, vector, type Loaded } from '../weights/spec.ts';
import { register, type ModelDimensions } from './architecture.ts';
import { headGroups, layerCount, sharedHeadDimension, stateDimension, vocabularySize } from './dimensions.ts';
import { mamba2Mixer, mamba2Weights, type Mamba2Config } from './mamba2-mixer.ts';
import { transformerName } from './transformer.ts';
import { adapterWeights, sharedBlock, sharedBlockWeights, type SharedBlockConfig } from './zamba2-block.ts';

interface Zamba2Config extends ModelDimensions, SharedBlockConfig {
  readonly mamba: Mamba2Config;
  readonly layers: number;
  /** The layers that use a shared block, in order. */
  readonly hybrid: readonly number[];
  /** Shared blocks, which take turns. */
  readonly blocks: number;
  readonly rotary: RotaryParameters | undefined;
  readonly tied: boolean;
}

const ACTIVATIONS = { gelu: 'gelu', gelu_new: 'gelu-tanh', gelu_pytorch_tanh: 'gelu-tanh', silu: 'silu' } as const;

/** `layers_block_type`, which transformers 5 also calls `layer_types`, or what older configs derive from it. */
function hybridLayers(c: ConfigReader, layers: number): number[] {
  const key = ['layers_block_type', 'layer_types'].find((name) => c.has(name));
  if (!key && c.has('hybrid_layer_ids')) return c.integers('hybrid_layer_ids', { max: layers - 1 });
  // That of Zamba2-2.7B.
  if (!key && layers === 54) return [6, 12, 18, 24, 30, 36, 42, 47, 51];
  const types = c.eachOneOf(key ?? 'layers_block_type', ['mamba', 'linear_attention', 'hybrid']);
  if (types.length !== layers) throw c.error(key ?? 'layers_block_type', `a list of ${layers}, one for each layer`);
  return types.flatMap((type, i) => (type === 'hybrid' ? [i] : []));
}

function mambaConfig(c: ConfigReader, hiddenSize: number, bias: boolean): Mamba2Config {
  if (!c.boolean('use_conv_bias', { default: true })) throw c.error('use_conv_bias', 'true: Zamba2 without biases in its convolutions is not supported');
  const heads = c.integer('n_mamba_heads', { min: 1, default: 8 });
  const width = Math.trunc(c.number('mamba_expand', { min: 0, default: 2 }) * hiddenSize);
  if (width % heads !== 0) throw c.error('n_mamba_heads', `a divisor of the mixer's width (${width})`);
  const headDim = stateDimension(c, 'mamba_headdim', { default: width / heads });
  if (headDim * heads !== width) throw c.error('mamba_headdim', `the mixer's width (${width}) over its ${heads} heads`);
  const groups = headGroups(c, 'mamba_ngroups', heads, { default: 1 });
  return {
    hiddenSize,
    heads,
    headDim,
    groups,
    stateSize: stateDimension(c, 'mamba_d_state', { default: 64 }),
    convKernel: c.integer('mamba_d_conv', { min: 2, default: 4 }),
    convBias: true,
    projectionBias: bias,
    // As transformers' own arithmetic has it; of the kernels that it calls on a GPU, some know no limit.
    limits: [c.number('time_step_min', { min: 0, default: 0.001 }), Infinity],
    // Its epsilon is no key of the config.
    norm: { groups, eps: 1e-5, order: 'gate-first' },
  };
}

function parse(c: ConfigReader): Zamba2Config {
  const hiddenSize = c.integer('hidden_size', { min: 1, default: 2560 });
  const heads = c.integer('num_attention_heads', { min: 1, default: 32 });
  const headDim = sharedHeadDimension(c, 'num_attention_heads', heads, 2 * hiddenSize);
  const layers = c.has('num_hidden_layers') ? layerCount(c) : 54;
  const bias = c.boolean('add_bias_linear', { default: false });
  if (c.boolean('use_long_context', { default: false })) throw c.error('use_long_context', 'false: the longer context is not supported');
  return {
    vocabularySize: vocabularySize(c),
    maxPositions: c.integer('max_position_embeddings', { min: 1, default: 4096 }),
    hiddenSize,
    heads,
    kvHeads: headGroups(c, 'num_key_value_heads', heads, { default: heads }),
    headDim,
    intermediateSize: c.integer('intermediate_size', { min: 1, default: 4 * hiddenSize }),
    activation: ACTIVATIONS[c.oneOf('hidden_act', ['gelu', 'gelu_new', 'gelu_pytorch_tanh', 'silu'], { default: 'gelu' })],
    eps: c.number('rms_norm_eps', { min: 0, default: 1e-5 }),
    bias,
    attentionAdapters: c.boolean('use_shared_attention_adapter', { default: false }),
    adapterRank: c.integer('adapter_rank', { min: 1, default: 128 }),
    mamba: mambaConfig(c, hiddenSize, bias),
    layers,
    hybrid: hybridLayers(c, layers),
    blocks: c.integer('num_mem_blocks', { min: 1, default: 1 }),
    rotary: c.boolean('use_mem_rope', { default: false }) ? readRotary(c, headDim) : undefined,
    tied: c.boolean('tie_word_embeddings', { default: true }),
  };
}

/** The shared block that layer `layer` uses, if it uses one: by its prefix among the model's names, and for the how manieth time one is used. */
function useIn({ hybrid, blocks }: Zamba2Config, layer: number): { readonly block: number; readonly use: number } | undefined {
  const use = hybrid.indexOf(layer);
  return use < 0 ? undefined : { block: use % blocks, use };
}

const blockName = (block: number): string => `model.shared_transformers.${block}`;

function weights(c: Zamba2Config, context: number) {
  const layer = (i: number) => {
    const used = useIn(c, i);
    const prefix = `model.layers.${i}${used ? '.mamba_decoder' : ''}`;
    return {
      hybrid: used && { adapters: adapterWeights(blockName(used.block), used.use, c), linear: matrix(`model.layers.${i}.linear.weight`, c.hiddenSize, c.hiddenSize) },
      norm: vector(`${prefix}.input_layernorm.weight`, c.hiddenSize),
      mamba: mamba2Weights(`${prefix}.mamba`, c.mamba),
    };
  };
  return {
    embedding: matrix('model.embed_tokens.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
    rotaryTable: c.rotary && computed('rotary table', rotaryTable(c.rotary, context)),
    // Blocks that no layer comes to are in no checkpoint.
    blocks: Array.from({ length: Math.min(c.blocks, c.hybrid.length) }, (_, block) => sharedBlockWeights(blockName(block), c)),
    layers: Array.from({ length: c.layers }, (_, i) => layer(i)),
    norm: vector('model.final_layernorm.weight', c.hiddenSize),
    head: c.tied ? undefined : matrix('lm_head.weight', c.vocabularySize, c.hiddenSize, { role: 'embedding' }),
  };
}

function forward(ops: Ops, w: Loaded<ReturnType<typeof weights>>, c: Zamba2Config): Tensor {
  let x = ops.embedding(w.embedding);
  // x is changed in place, and the embedding wanted as it is.
  const embedded = ops.embedding(w.embedding);
  w.layers.forEach((layer, i) => {
    const used = useIn(c, i);
    let input = x;
    if (layer.hybrid && used) {
      const given = sharedBlock(ops, ops.concatenate(x, embedded), w.blocks[used.block], layer.hybrid.adapters, c, w.rotaryTable);
      input = ops.add(x, ops.linear(given, layer.hybrid.linear));
    }
    x = mamba2Mixer(ops, ops.rmsNorm(input, layer.norm, c.eps), layer.mamba, c.mamba, { residual: x });
  });
  return ops.linear(ops.rmsNorm(ops.outputRows(x), w.norm, c.eps), w.head ?? w.embedding);
}

/** A shared block is saved with the layer that uses it first. Where others have it as well, theirs is not read. */
function canonicalName(name: string, c: Zamba2Config): string | undefined {
  const [, layer, rest] = /^model\.layers\.(\d+)\.shared_transformer\.(.+)$/.exec(name) ?? [];
  if (layer === undefined) return transformerName(name, c);
  const used = useIn(c, Number(layer));
  return used && used.use < c.blocks ? `${blockName(used.block)}.${rest}` : undefined;
}

/** Zamba2 (Glorioso et al. 2024, arXiv:2411.15242): Mamba-2 layers, before some of which one of a few shared transformer blocks comes in. */
export const zamba2 = register({ parse, weights, canonicalName, forward });
