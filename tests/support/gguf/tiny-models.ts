import { normal, uniform } from '../../../shaders/random.ts';
import { headDimOf, type HubCheckpoint, type HubTensor, type RotaryConfig } from './hub-checkpoint.ts';

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
  rope_parameters: { rope_type: 'default', rope_theta: 10_000, partial_rotary_factor: 0.25 },
  tie_word_embeddings: false,
  linear_conv_kernel_dim: 4,
} as const;

/**
 * With a ramp from pair 9 of a head to pair 22, at which its elements turn 32 times and once in 2215 positions. llama.cpp rounds these bounds
 * (down and up), gpt-oss on the Hub does not, so they are whole but for the few hundred-thousandths that keep them on their side of it.
 */
const YARN = { rope_type: 'yarn', rope_theta: 5070.07275390625, factor: 8, original_max_position_embeddings: 2215 } as const;

/** All rows are whole blocks of 256. In `qwen35-grouped`, two value heads belong to a key head. */
const CONFIGS = {
  llama: { ...SHARED, model_type: 'llama', num_hidden_layers: 2, tie_word_embeddings: false },
  qwen3: { ...SHARED, model_type: 'qwen3', num_hidden_layers: 2, tie_word_embeddings: true },
  qwen35: { ...QWEN35, linear_key_head_dim: 64, linear_value_head_dim: 64, linear_num_key_heads: 4, linear_num_value_heads: 4 },
  'qwen35-grouped': { ...QWEN35, linear_key_head_dim: 32, linear_value_head_dim: 32, linear_num_key_heads: 4, linear_num_value_heads: 8 },
  qwen3moe: { ...SHARED, model_type: 'qwen3_moe', num_hidden_layers: 2, tie_word_embeddings: true, num_local_experts: 6, num_experts_per_tok: 2, moe_intermediate_size: 256, norm_topk_prob: true },
  'gpt-oss': {
    ...SHARED,
    model_type: 'gpt_oss',
    num_hidden_layers: 2,
    tie_word_embeddings: false,
    intermediate_size: 256,
    num_local_experts: 5,
    num_experts_per_tok: 2,
    sliding_window: 6,
    layer_types: ['sliding_attention', 'full_attention'],
    rope_parameters: YARN,
  },
} as const satisfies Record<string, RotaryConfig>;

export type TinyModelName = keyof typeof CONFIGS;

/** Makes the tensors of one checkpoint, each with a seed of its own. */
class Tensors {
  readonly made: HubTensor[] = [];
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed * 1000;
  }

  add(name: string, shape: readonly number[], values: Float32Array<ArrayBuffer>): void {
    this.made.push({ name, shape, values });
  }

  normal(length: number, scale: number): Float32Array<ArrayBuffer> {
    return normal(length, this.#seed++, scale);
  }

  /** Products with inputs of about unit size are of about size `gain`. */
  matrix(name: string, rows: number, inputs: number, gain = 1): void {
    this.add(name, [rows, inputs], this.normal(rows * inputs, gain / Math.sqrt(inputs)));
  }

  /** Uniform in a range. */
  vector(name: string, size: number, least: number, most: number): void {
    const next = uniform(this.#seed++);
    this.add(name, [size], new Float32Array(size).map(() => least + (most - least) * next()));
  }
}

/** Norm weights around 1, stored as Qwen3.5 has them where they are added to 1. */
function norm(tensors: Tensors, name: string, size: number, c: RotaryConfig): void {
  const shift = plusOne(c);
  tensors.vector(name, size, 0.5 - shift, 1.5 - shift);
}

const plusOne = (c: RotaryConfig): number => (c.model_type === 'qwen3_5_text' ? 1 : 0);

function addAttention(tensors: Tensors, prefix: string, c: RotaryConfig): void {
  const [queries, keys] = [c.num_attention_heads * headDimOf(c), c.num_key_value_heads * headDimOf(c)];
  // Qwen3.5's heads of q each have a gate beside them.
  tensors.matrix(`${prefix}.q_proj.weight`, c.model_type === 'qwen3_5_text' ? 2 * queries : queries, c.hidden_size, 1.5);
  tensors.matrix(`${prefix}.k_proj.weight`, keys, c.hidden_size);
  tensors.matrix(`${prefix}.v_proj.weight`, keys, c.hidden_size);
  tensors.matrix(`${prefix}.o_proj.weight`, c.hidden_size, queries, 2);
  if (c.model_type === 'gpt_oss') {
    for (const [part, size] of [['q', queries], ['k', keys], ['v', keys], ['o', c.hidden_size]] as const) tensors.vector(`${prefix}.${part}_proj.bias`, size, -0.5, 0.5);
    tensors.vector(`${prefix}.sinks`, c.num_attention_heads, -1, 2);
  }
  if (c.model_type === 'llama' || c.model_type === 'gpt_oss') return;
  norm(tensors, `${prefix}.q_norm.weight`, headDimOf(c), c);
  norm(tensors, `${prefix}.k_norm.weight`, headDimOf(c), c);
}

/** With decays from nearly 1 down to about a tenth a token. */
function addDelta(tensors: Tensors, prefix: string, c: RotaryConfig): void {
  const { linear_num_key_heads: keyHeads = 0, linear_num_value_heads: valueHeads = 0, linear_key_head_dim: keyDim = 0, linear_value_head_dim: valueDim = 0, linear_conv_kernel_dim: kernel = 0 } = c;
  const values = valueHeads * valueDim;
  const channels = 2 * keyHeads * keyDim + values;
  tensors.matrix(`${prefix}.in_proj_qkv.weight`, channels, c.hidden_size);
  tensors.matrix(`${prefix}.in_proj_z.weight`, values, c.hidden_size);
  tensors.matrix(`${prefix}.in_proj_b.weight`, valueHeads, c.hidden_size);
  tensors.matrix(`${prefix}.in_proj_a.weight`, valueHeads, c.hidden_size);
  tensors.add(`${prefix}.conv1d.weight`, [channels, 1, kernel], tensors.normal(channels * kernel, 1 / Math.sqrt(kernel)));
  tensors.vector(`${prefix}.A_log`, valueHeads, -4, 0.5);
  tensors.vector(`${prefix}.dt_bias`, valueHeads, -1, 1);
  tensors.vector(`${prefix}.norm.weight`, valueDim, 0.5, 1.5);
  tensors.matrix(`${prefix}.out_proj.weight`, c.hidden_size, values);
}

function addMlp(tensors: Tensors, prefix: string, c: RotaryConfig): void {
  tensors.matrix(`${prefix}.gate_proj.weight`, c.intermediate_size, c.hidden_size);
  tensors.matrix(`${prefix}.up_proj.weight`, c.intermediate_size, c.hidden_size);
  tensors.matrix(`${prefix}.down_proj.weight`, c.hidden_size, c.intermediate_size);
}

/** Routers that are sure of themselves: another expert is no rounding error. */
const ROUTER_GAIN = 3;

function addSeparateExperts(tensors: Tensors, prefix: string, c: RotaryConfig): void {
  const { num_local_experts: count = 0, moe_intermediate_size: width = 0 } = c;
  tensors.matrix(`${prefix}.gate.weight`, count, c.hidden_size, ROUTER_GAIN);
  for (let i = 0; i < count; i++) addMlp(tensors, `${prefix}.experts.${i}`, { ...c, intermediate_size: width });
}

function addFusedExperts(tensors: Tensors, prefix: string, { hidden_size: hidden, intermediate_size: width, num_local_experts: count = 0 }: RotaryConfig): void {
  tensors.matrix(`${prefix}.router.weight`, count, hidden, ROUTER_GAIN);
  tensors.vector(`${prefix}.router.bias`, count, -1, 1);
  const stack = (name: string, inputs: number, rows: number, gain: number): void => {
    tensors.add(`${prefix}.experts.${name}`, [count, inputs, rows], tensors.normal(count * inputs * rows, gain / Math.sqrt(inputs)));
    tensors.add(`${prefix}.experts.${name}_bias`, [count, rows], tensors.normal(count * rows, gain / 2));
  };
  stack('gate_up_proj', hidden, 2 * width, 1);
  stack('down_proj', width, hidden, 0.5);
}

/** Tokens that have half of their rows in common. */
const CLASS_SIZE = 4;

/**
 * A random model with clear opinions. llama.cpp rounds activations to 8 bits before it multiplies them by quantised weights, and among
 * hundreds of random logits the two largest are often closer than what that changes. So a token's class decides the class of the next one,
 * whose rows of the output matrix fit what is left of the embedding, and only among the few tokens of that class the layers decide. Each
 * class follows the one before; where embedding and output are the same matrix, two classes alternate, which signs in the final norm turn
 * into each other.
 */
export function tinyModel(name: TinyModelName, seed: number): HubCheckpoint {
  const config: RotaryConfig = CONFIGS[name];
  const { vocab_size: tokens, hidden_size: hidden, num_hidden_layers: layers, tie_word_embeddings: tied } = config;
  const tensors = new Tensors(seed);
  const count = tokens / CLASS_SIZE;
  const signs = [...tensors.normal(hidden, 1)].map((value) => (tied ? Math.sign(value) : 1));
  const classes = tensors.normal(count * hidden, 1);
  if (tied) classes.forEach((_, i) => (classes[i] = Math.floor(i / hidden) % 2 === 0 ? classes[i] : signs[i % hidden] * classes[i - hidden]));
  const rows = (shift: number): Float32Array<ArrayBuffer> =>
    tensors.normal(tokens * hidden, 1).map((own, i) => own + classes[((Math.floor(i / hidden) + shift) % count) * hidden + (i % hidden)]);

  tensors.add('model.embed_tokens.weight', [tokens, hidden], rows(0));
  for (let i = 0; i < layers; i++) {
    const prefix = `model.layers.${i}`;
    norm(tensors, `${prefix}.input_layernorm.weight`, hidden, config);
    if (config.layer_types?.[i] === 'linear_attention') addDelta(tensors, `${prefix}.linear_attn`, config);
    else addAttention(tensors, `${prefix}.self_attn`, config);
    norm(tensors, `${prefix}.post_attention_layernorm.weight`, hidden, config);
    if (config.model_type === 'qwen3_moe') addSeparateExperts(tensors, `${prefix}.mlp`, config);
    else if (config.model_type === 'gpt_oss') addFusedExperts(tensors, `${prefix}.mlp`, config);
    else addMlp(tensors, `${prefix}.mlp`, config);
  }
  // Makes logits of about unit size for tokens that do not fit.
  const unit = 1 / Math.sqrt(hidden);
  tensors.vector('model.norm.weight', hidden, 0.5 * unit, 1.5 * unit);
  const [last] = tensors.made.slice(-1);
  last.values.forEach((value, i) => (last.values[i] = value * signs[i] - plusOne(config)));
  if (!tied) tensors.add('lm_head.weight', [tokens, hidden], rows(count - 1));
  return { config, tensors: tensors.made };
}
