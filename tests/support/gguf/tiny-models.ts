import { normal, uniform } from '../../../shaders/random.ts';
import type { HubCheckpoint, HubConfig, HubTensor } from './hub-checkpoint.ts';

const SHARED = {
  vocab_size: 512,
  hidden_size: 256,
  intermediate_size: 512,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  head_dim: 64,
  max_position_embeddings: 4096,
  rms_norm_eps: 1e-6,
  rope_parameters: { rope_type: 'default', rope_theta: 10_000 },
} as const;

const QWEN35 = {
  ...SHARED,
  model_type: 'qwen3_5_text',
  num_hidden_layers: 4,
  layer_types: ['linear_attention', 'linear_attention', 'linear_attention', 'full_attention'],
  full_attention_interval: 4,
  rope_parameters: { rope_type: 'default', rope_theta: 10_000, partial_rotary_factor: 0.25, mrope_section: [3, 3, 2] },
  tie_word_embeddings: true,
  linear_conv_kernel_dim: 4,
} as const;

/** All rows are whole blocks of 256. In the last, two value heads belong to a key head. */
const CONFIGS = {
  llama: { ...SHARED, model_type: 'llama', num_hidden_layers: 2, tie_word_embeddings: false },
  qwen3: { ...SHARED, model_type: 'qwen3', num_hidden_layers: 2, tie_word_embeddings: true },
  qwen35: { ...QWEN35, linear_key_head_dim: 64, linear_value_head_dim: 64, linear_num_key_heads: 4, linear_num_value_heads: 4 },
  'qwen35-grouped': { ...QWEN35, linear_key_head_dim: 32, linear_value_head_dim: 32, linear_num_key_heads: 4, linear_num_value_heads: 8 },
} as const satisfies Record<string, HubConfig>;

export type TinyModelName = keyof typeof CONFIGS;

export const TINY_MODELS = Object.keys(CONFIGS) as TinyModelName[];

/** Makes the tensors of one checkpoint, each with a seed of its own. */
class Tensors {
  readonly made: HubTensor[] = [];
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed * 1000;
  }

  add(name: string, shape: readonly number[], values: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
    this.made.push({ name, shape, values });
    return values;
  }

  /** Products with inputs of about unit size are of about size `gain`. */
  matrix(name: string, rows: number, inputs: number, gain = 1): Float32Array<ArrayBuffer> {
    return this.add(name, [rows, inputs], normal(rows * inputs, this.#seed++, gain / Math.sqrt(inputs)));
  }

  /** Uniform in a range. */
  vector(name: string, size: number, least: number, most: number): void {
    const next = uniform(this.#seed++);
    this.add(name, [size], Float32Array.from({ length: size }, () => least + (most - least) * next()));
  }
}

/** Norm weights around 1, stored as Qwen3.5 has them where they are added to 1. */
function norm(tensors: Tensors, name: string, size: number, c: HubConfig): void {
  const shift = c.model_type === 'qwen3_5_text' ? 1 : 0;
  tensors.vector(name, size, 0.5 - shift, 1.5 - shift);
}

function addAttention(tensors: Tensors, prefix: string, c: HubConfig): void {
  const [queries, keys] = [c.num_attention_heads * c.head_dim, c.num_key_value_heads * c.head_dim];
  // Qwen3.5's heads of q each have a gate beside them.
  tensors.matrix(`${prefix}.q_proj.weight`, c.model_type === 'qwen3_5_text' ? 2 * queries : queries, c.hidden_size, 1.5);
  tensors.matrix(`${prefix}.k_proj.weight`, keys, c.hidden_size);
  tensors.matrix(`${prefix}.v_proj.weight`, keys, c.hidden_size);
  tensors.matrix(`${prefix}.o_proj.weight`, c.hidden_size, queries, 2);
  if (c.model_type === 'llama') return;
  norm(tensors, `${prefix}.q_norm.weight`, c.head_dim, c);
  norm(tensors, `${prefix}.k_norm.weight`, c.head_dim, c);
}

function addDelta(tensors: Tensors, prefix: string, c: HubConfig): void {
  const { linear_num_key_heads: keyHeads = 0, linear_num_value_heads: valueHeads = 0, linear_key_head_dim: keyDim = 0, linear_value_head_dim: valueDim = 0, linear_conv_kernel_dim: kernel = 0 } = c;
  const values = valueHeads * valueDim;
  const channels = 2 * keyHeads * keyDim + values;
  tensors.matrix(`${prefix}.in_proj_qkv.weight`, channels, c.hidden_size, 2);
  tensors.matrix(`${prefix}.in_proj_z.weight`, values, c.hidden_size);
  tensors.matrix(`${prefix}.in_proj_b.weight`, valueHeads, c.hidden_size);
  tensors.matrix(`${prefix}.in_proj_a.weight`, valueHeads, c.hidden_size);
  tensors.matrix(`${prefix}.conv1d.weight`, channels, kernel);
  const convolution = tensors.made.pop();
  if (convolution) tensors.add(convolution.name, [channels, 1, kernel], convolution.values);
  tensors.vector(`${prefix}.A_log`, valueHeads, -4, 0.5);
  tensors.vector(`${prefix}.dt_bias`, valueHeads, -1, 1);
  tensors.vector(`${prefix}.norm.weight`, valueDim, 0.5, 1.5);
  tensors.matrix(`${prefix}.out_proj.weight`, c.hidden_size, values, 2);
}

/** Gate and up give neurons of which few are large, as a product of two normal deviates has it. */
function addMlp(tensors: Tensors, prefix: string, c: HubConfig, last: boolean): Float32Array<ArrayBuffer> {
  tensors.matrix(`${prefix}.gate_proj.weight`, c.intermediate_size, c.hidden_size, 2);
  tensors.matrix(`${prefix}.up_proj.weight`, c.intermediate_size, c.hidden_size, 2);
  return tensors.matrix(`${prefix}.down_proj.weight`, c.hidden_size, c.intermediate_size, last ? 4 : 1);
}

/**
 * A random model with clear opinions: rounding its activations to 8 bits, as llama.cpp does before it multiplies by quantised weights, must
 * not change which token comes next. So the output's row of a token is what one neuron of the last MLP writes, and the logits' tail is as
 * heavy as the neurons' is: the largest stands out more than among normal deviates, yet everything before decides which one that is.
 */
export function tinyModel(name: TinyModelName, seed: number): HubCheckpoint {
  const config: HubConfig = CONFIGS[name];
  const { hidden_size: hidden, intermediate_size: inner, vocab_size: tokens, num_hidden_layers: layers } = config;
  const tensors = new Tensors(seed);
  let down = new Float32Array(0);
  for (let i = 0; i < layers; i++) {
    const prefix = `model.layers.${i}`;
    norm(tensors, `${prefix}.input_layernorm.weight`, hidden, config);
    if (config.layer_types?.[i] === 'linear_attention') addDelta(tensors, `${prefix}.linear_attn`, config);
    else addAttention(tensors, `${prefix}.self_attn`, config);
    norm(tensors, `${prefix}.post_attention_layernorm.weight`, hidden, config);
    down = addMlp(tensors, `${prefix}.mlp`, config, i === layers - 1);
  }
  norm(tensors, 'model.norm.weight', hidden, config);
  const output = Float32Array.from({ length: tokens * hidden }, (_, i) => down[(i % hidden) * inner + (Math.floor(i / hidden) % inner)]);
  if (config.tie_word_embeddings) {
    // Small beside what the layers add, or every token would be followed by itself.
    tensors.add('model.embed_tokens.weight', [tokens, hidden], output);
  } else {
    tensors.matrix('model.embed_tokens.weight', tokens, hidden, 16);
    tensors.add('lm_head.weight', [tokens, hidden], output);
  }
  return { config, tensors: tensors.made };
}
