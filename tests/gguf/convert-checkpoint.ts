import { frequencies } from '../../engine/rotary/frequencies.ts';
import { parseRotary } from '../../engine/rotary/parse-rotary.ts';
import type { JsonObject } from '../../models/checkpoint/checkpoint.ts';
import { array, bool, f32, string, u32, type HeaderTensor, type WrittenHeader, type WrittenValue } from '../support/gguf-header.ts';
import type { HubTensor } from './fixture.ts';

type Tensors = ReadonlyMap<string, HubTensor>;
type Pairs = (readonly [string, WrittenValue])[];

/**
 * What llama.cpp's converter makes of a checkpoint, in f32, written anew from what its conversion/*.py say that they do:
 * the names, the keys, and each change of a tensor as the reshape, swap and arithmetic that it is there.
 */
export function convertCheckpoint(config: JsonObject, tensors: Tensors): WrittenHeader {
  switch (config.model_type) {
    case 'llama':
      return dense('llama', config, tensors, permuted(config));
    case 'smollm3':
      return dense('smollm3', config, tensors, permuted(config));
    case 'qwen2':
    case 'qwen3':
      return dense(config.model_type, config, tensors, (_, tensor) => tensor);
    case 'gpt2':
      return gpt2(config, tensors);
    case 'qwen3_5_text':
      return qwen35(config, tensors);
    case 'qwen3_moe':
      return qwen3moe(config, tensors);
    case 'gpt_oss':
      return gptOss(config, tensors);
    default:
      throw new Error(`no converter for ${String(config.model_type)}`);
  }
}

/** reshape(outer, a, b, inner).swapaxes(1, 2).reshape(same shape) */
function swapAxes({ shape, values }: HubTensor, outer: number, a: number, b: number): HubTensor {
  const inner = values.length / (outer * a * b);
  const swapped = new Float32Array(values.length);
  for (let o = 0; o < outer; o++) {
    for (let x = 0; x < a; x++) {
      for (let y = 0; y < b; y++) {
        const from = ((o * a + x) * b + y) * inner;
        swapped.set(values.subarray(from, from + inner), ((o * b + y) * a + x) * inner);
      }
    }
  }
  return { shape, values: swapped };
}

function rowsFrom({ shape, values }: HubTensor, start: number, end = shape[0]): HubTensor {
  const width = values.length / shape[0];
  return { shape: [end - start, ...shape.slice(1)], values: values.slice(start * width, end * width) };
}

const below = (a: HubTensor, b: HubTensor): HubTensor => ({ shape: [a.shape[0] + b.shape[0], ...a.shape.slice(1)], values: Float32Array.from([...a.values, ...b.values]) });
const mapped = ({ shape, values }: HubTensor, map: (value: number) => number): HubTensor => ({ shape, values: values.map(map) });

type Change = (name: string, tensor: HubTensor) => HubTensor;

function permuted(config: JsonObject): Change {
  const permute = (tensor: HubTensor, heads: number): HubTensor => swapAxes(tensor, heads, 2, tensor.shape[0] / heads / 2);
  return (name, tensor) => {
    if (/q_proj\.(weight|bias)$/.test(name)) return permute(tensor, Number(config.num_attention_heads));
    if (/k_proj\.(weight|bias)$/.test(name)) return permute(tensor, Number(config.num_key_value_heads));
    return tensor;
  };
}

const DENSE_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^model\.embed_tokens/, 'token_embd'],
  [/^model\.norm/, 'output_norm'],
  [/^lm_head/, 'output'],
  [/^model\.layers\.(\d+)\.input_layernorm/, 'blk.$1.attn_norm'],
  [/^model\.layers\.(\d+)\.self_attn\.([qkv])_proj/, 'blk.$1.attn_$2'],
  [/^model\.layers\.(\d+)\.self_attn\.o_proj/, 'blk.$1.attn_output'],
  [/^model\.layers\.(\d+)\.self_attn\.([qk])_norm/, 'blk.$1.attn_$2_norm'],
  [/^model\.layers\.(\d+)\.post_attention_layernorm/, 'blk.$1.ffn_norm'],
  [/^model\.layers\.(\d+)\.mlp\.(gate|up|down)_proj/, 'blk.$1.ffn_$2'],
];

function renamed(name: string, names: readonly (readonly [RegExp, string])[]): string {
  const match = names.find(([from]) => from.test(name));
  if (!match) throw new Error(`llama.cpp has no name for ${name}`);
  return name.replace(match[0], match[1]);
}

const F32 = 0;
const written = (name: string, { shape, values }: HubTensor): HeaderTensor => ({ name, type: F32, shape, bytes: new Uint8Array(Float32Array.from(values).buffer) });

function dense(architecture: string, config: JsonObject, tensors: Tensors, change: Change, names = DENSE_NAMES): WrittenHeader {
  const rope = parseRotary(config, { headDim: headDimOf(config) });
  // generate_extra_tensors comes before the model's own.
  const extra = rope.type === 'llama3' ? [written('rope_freqs.weight', { shape: [rope.rotaryDim / 2], values: llama3Factors(config) })] : [];
  return { metadata: denseKeys(architecture, config), tensors: [...extra, ...[...tensors].map(([name, tensor]) => written(renamed(name, names), change(name, tensor)))] };
}

const headDimOf = (config: JsonObject): number => Number(config.head_dim ?? Number(config.hidden_size) / Number(config.num_attention_heads));

function llama3Factors(config: JsonObject): Float32Array {
  const parameters = parseRotary(config, { headDim: headDimOf(config) });
  const plain = frequencies({ type: 'default', theta: parameters.theta, rotaryDim: parameters.rotaryDim });
  return Float32Array.from(frequencies(parameters), (scaled, i) => plain[i] / scaled);
}

function denseKeys(architecture: string, config: JsonObject): Pairs {
  const rope = config.rope_parameters as JsonObject;
  const counts: Pairs = Object.entries({
    block_count: config.num_hidden_layers,
    context_length: config.max_position_embeddings,
    embedding_length: config.hidden_size,
    feed_forward_length: config.intermediate_size,
    'attention.head_count': config.num_attention_heads,
    'attention.head_count_kv': config.num_key_value_heads,
    ...(config.head_dim === undefined ? {} : { 'attention.key_length': config.head_dim, 'attention.value_length': config.head_dim }),
  }).map(([key, value]) => [`${architecture}.${key}`, u32(Number(value))] as const);
  const window = config.use_sliding_window === true && Array.isArray(config.layer_types)
    ? ([[`${architecture}.attention.sliding_window`, u32(Number(config.sliding_window))], [`${architecture}.attention.sliding_window_pattern`, array(7, config.layer_types.map((type) => bool(type === 'sliding_attention')))]] as const)
    : [];
  return [['general.architecture', string(architecture)], ...counts, ...window, [`${architecture}.attention.layer_norm_rms_epsilon`, f32(Number(config.rms_norm_eps))], ...ropeKeys(architecture, rope), ['tokenizer.ggml.bos_token_id', u32(1)], ['tokenizer.ggml.eos_token_id', u32(2)]];
}

function ropeKeys(architecture: string, rope: JsonObject): Pairs {
  const pairs: Pairs = [[`${architecture}.rope.freq_base`, f32(Number(rope.rope_theta))]];
  if (rope.rope_type !== 'linear' && rope.rope_type !== 'yarn') return pairs;
  pairs.push([`${architecture}.rope.scaling.type`, string(rope.rope_type)], [`${architecture}.rope.scaling.factor`, f32(Number(rope.factor))]);
  if (rope.rope_type === 'yarn') {
    pairs.push([`${architecture}.rope.scaling.original_context_length`, u32(Number(rope.original_max_position_embeddings))]);
    for (const key of ['beta_fast', 'beta_slow']) if (rope[key] !== undefined) pairs.push([`${architecture}.rope.scaling.yarn_${key}`, f32(Number(rope[key]))]);
  }
  return pairs;
}

const GPT2_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^(transformer\.)?wte/, 'token_embd'],
  [/^(transformer\.)?wpe/, 'position_embd'],
  [/^(transformer\.)?ln_f/, 'output_norm'],
  [/^lm_head/, 'output'],
  [/^(transformer\.)?h\.(\d+)\.ln_1/, 'blk.$2.attn_norm'],
  [/^(transformer\.)?h\.(\d+)\.ln_2/, 'blk.$2.ffn_norm'],
  [/^(transformer\.)?h\.(\d+)\.attn\.c_attn/, 'blk.$2.attn_qkv'],
  [/^(transformer\.)?h\.(\d+)\.attn\.c_proj/, 'blk.$2.attn_output'],
  [/^(transformer\.)?h\.(\d+)\.mlp\.c_fc/, 'blk.$2.ffn_up'],
  [/^(transformer\.)?h\.(\d+)\.mlp\.c_proj/, 'blk.$2.ffn_down'],
];

function transpose({ shape: [rows, columns], values }: HubTensor): HubTensor {
  return { shape: [columns, rows], values: Float32Array.from({ length: values.length }, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]) };
}

function gpt2(config: JsonObject, tensors: Tensors): WrittenHeader {
  const counts = { block_count: config.n_layer, context_length: config.n_positions, embedding_length: config.n_embd, feed_forward_length: 4 * Number(config.n_embd), 'attention.head_count': config.n_head };
  return {
    metadata: [['general.architecture', string('gpt2')], ...Object.entries(counts).map(([key, value]) => [`gpt2.${key}`, u32(Number(value))] as const), ['gpt2.attention.layer_norm_epsilon', f32(Number(config.layer_norm_epsilon))], ['tokenizer.ggml.eos_token_id', u32(1)]],
    tensors: [...tensors].map(([name, tensor]) => written(renamed(name, GPT2_NAMES), /\.(c_attn|c_proj|c_fc)\.weight$/.test(name) ? transpose(tensor) : tensor)),
  };
}

const QWEN35_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^model\.layers\.(\d+)\.post_attention_layernorm/, 'blk.$1.post_attention_norm'],
  [/^model\.layers\.(\d+)\.linear_attn\.in_proj_qkv/, 'blk.$1.attn_qkv'],
  [/^model\.layers\.(\d+)\.linear_attn\.in_proj_z/, 'blk.$1.attn_gate'],
  [/^model\.layers\.(\d+)\.linear_attn\.in_proj_b/, 'blk.$1.ssm_beta'],
  [/^model\.layers\.(\d+)\.linear_attn\.in_proj_a/, 'blk.$1.ssm_alpha'],
  [/^model\.layers\.(\d+)\.linear_attn\.conv1d/, 'blk.$1.ssm_conv1d'],
  [/^model\.layers\.(\d+)\.linear_attn\.dt_bias/, 'blk.$1.ssm_dt.bias'],
  [/^model\.layers\.(\d+)\.linear_attn\.A_log/, 'blk.$1.ssm_a'],
  [/^model\.layers\.(\d+)\.linear_attn\.norm/, 'blk.$1.ssm_norm'],
  [/^model\.layers\.(\d+)\.linear_attn\.out_proj/, 'blk.$1.ssm_out'],
  ...DENSE_NAMES,
];

function qwen35(config: JsonObject, tensors: Tensors): WrittenHeader {
  const [keyHeads, valueHeads, keyDim, valueDim] = ['linear_num_key_heads', 'linear_num_value_heads', 'linear_key_head_dim', 'linear_value_head_dim'].map((key) => Number(config[key]));
  const reorder = (tensor: HubTensor, outer = 1): HubTensor => swapAxes(tensor, outer, keyHeads, valueHeads / keyHeads);
  const keys = 2 * keyHeads * keyDim;
  const reorderValues = (tensor: HubTensor): HubTensor => below(rowsFrom(tensor, 0, keys), reorder(rowsFrom(tensor, keys)));
  const change: Change = (name, tensor) => {
    if (/in_proj_qkv/.test(name)) return reorderValues(tensor);
    if (/in_proj_[zba]\.|dt_bias/.test(name)) return reorder(tensor);
    if (/A_log/.test(name)) return mapped(reorder(tensor), (value) => -Math.exp(value));
    if (/conv1d/.test(name)) return reorderValues({ shape: [tensor.shape[0], tensor.shape[2]], values: tensor.values });
    if (/out_proj/.test(name)) return reorder(tensor, tensor.shape[0]);
    return name.endsWith('norm.weight') && !name.includes('linear_attn.norm') ? mapped(tensor, (value) => value + 1) : tensor;
  };
  const types = config.layer_types as readonly string[];
  const { metadata = [], tensors: converted = [] } = dense('qwen35', { ...config, rope_parameters: { ...(config.rope_parameters as object), partial_rotary_factor: undefined } }, tensors, change, QWEN35_NAMES);
  const counts = { 'ssm.conv_kernel': config.linear_conv_kernel_dim, 'ssm.state_size': keyDim, 'ssm.group_count': keyHeads, 'ssm.time_step_rank': valueHeads, 'ssm.inner_size': valueHeads * valueDim, 'rope.dimension_count': Number(config.head_dim) * Number(config.partial_rotary_factor) };
  const interval = types.every((type, i) => (type === 'full_attention') === ((i + 1) % 4 === 0));
  return {
    metadata: [...metadata, ...Object.entries(counts).map(([key, value]) => [`qwen35.${key}`, u32(Number(value))] as const), interval ? (['qwen35.full_attention_interval', u32(4)] as const) : (['qwen35.attention.recurrent_layers', array(7, types.map((type) => bool(type === 'linear_attention')))] as const)],
    tensors: converted,
  };
}

const EXPERT_NAMES: readonly (readonly [RegExp, string])[] = [
  [/^model\.layers\.(\d+)\.mlp\.experts\.(gate|up|down)_proj/, 'blk.$1.ffn_$2_exps'],
  [/^model\.layers\.(\d+)\.mlp\.(gate|router)\./, 'blk.$1.ffn_gate_inp.'],
];

const expertKeys = (architecture: string, config: JsonObject, width: unknown): Pairs =>
  Object.entries({ expert_count: config.num_local_experts, expert_used_count: config.num_experts_per_tok, expert_feed_forward_length: width }).map(([key, value]) => [`${architecture}.${key}`, u32(Number(value))] as const);

/** Qwen2MoeModel.modify_tensors: torch.stack over the experts of each projection. */
function qwen3moe(config: JsonObject, tensors: Tensors): WrittenHeader {
  const merged = new Map<string, HubTensor>();
  for (const [name, tensor] of tensors) {
    const expert = /^(.*\.experts\.)(\d+)\.(.*)$/.exec(name);
    if (!expert) merged.set(name, tensor);
    else if (expert[2] === '0') {
      const all = Array.from({ length: Number(config.num_local_experts) }, (_, i) => tensors.get(`${expert[1]}${i}.${expert[3]}`)?.values ?? []);
      merged.set(expert[1] + expert[3], { shape: [all.length, ...tensor.shape], values: Float32Array.from(all.flatMap((values) => [...values])) });
    }
  }
  const { metadata = [], tensors: converted = [] } = dense('qwen3moe', config, merged, (_, tensor) => tensor, [...EXPERT_NAMES, ...DENSE_NAMES]);
  return { metadata: [...metadata, ...expertKeys('qwen3moe', config, config.moe_intermediate_size)], tensors: converted };
}

/** data[:, start::2, …] of a tensor [experts, rows, …] */
function everySecondRow({ shape: [experts, rows, ...rest], values }: HubTensor, start: number): HubTensor {
  const width = values.length / (experts * rows);
  return { shape: [experts, rows / 2, ...rest], values: values.filter((_, i) => Math.floor(i / width) % 2 === start) };
}

/** data.transpose(-1, -2) of a tensor [experts, inputs, rows] */
function transposeEach({ shape: [experts, inputs, rows], values }: HubTensor): HubTensor {
  const each = Array.from({ length: experts }, (_, i) => [...transpose({ shape: [inputs, rows], values: values.subarray(i * inputs * rows, (i + 1) * inputs * rows) }).values]);
  return { shape: [experts, rows, inputs], values: Float32Array.from(each.flat()) };
}

/** GptOssModel.modify_tensors and filter_tensors, for weights that are not MXFP4. */
function gptOss(config: JsonObject, tensors: Tensors): WrittenHeader {
  const changed = new Map<string, HubTensor>();
  for (const [name, tensor] of tensors) {
    const [, projection, bias] = /\.experts\.(gate_up|down)_proj(_bias)?$/.exec(name) ?? [];
    const whole = projection !== undefined && bias === undefined ? transposeEach(tensor) : tensor;
    const renamedTo = (to: string): string => name.replace(/\w+$/, `${to}_proj.${bias === undefined ? 'weight' : 'bias'}`);
    if (projection === 'gate_up') {
      changed.set(renamedTo('gate'), everySecondRow(whole, 0));
      changed.set(renamedTo('up'), everySecondRow(whole, 1));
    } else if (projection === 'down') changed.set(renamedTo('down'), whole);
    else changed.set(name.replace(/\.sinks$/, '.sinks.weight'), tensor);
  }
  const names: typeof DENSE_NAMES = [[/^model\.layers\.(\d+)\.post_attention_layernorm/, 'blk.$1.post_attention_norm'], [/^model\.layers\.(\d+)\.self_attn\.sinks/, 'blk.$1.attn_sinks'], ...EXPERT_NAMES, ...DENSE_NAMES];
  const { metadata = [], tensors: converted = [] } = dense('gpt-oss', config, changed, (_, tensor) => tensor, names);
  return { metadata: [...metadata, ['gpt-oss.attention.sliding_window', u32(Number(config.sliding_window))], ...expertKeys('gpt-oss', config, config.intermediate_size)], tensors: converted };
}
