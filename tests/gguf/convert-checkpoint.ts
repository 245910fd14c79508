import { frequencies } from '../../engine/rotary/frequencies.ts';
import { ConfigReader } from '../../models/config/config-reader.ts';
import { readRotary } from '../../models/config/read-rotary.ts';
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
  const rope = readRotary(new ConfigReader(config, 'config.json'), headDimOf(config));
  // generate_extra_tensors comes before the model's own.
  const extra = rope.type === 'llama3' ? [written('rope_freqs.weight', { shape: [rope.rotaryDim / 2], values: llama3Factors(config) })] : [];
  return { metadata: denseKeys(architecture, config), tensors: [...extra, ...[...tensors].map(([name, tensor]) => written(renamed(name, names), change(name, tensor)))] };
}

const headDimOf = (config: JsonObject): number => Number(config.head_dim ?? Number(config.hidden_size) / Number(config.num_attention_heads));

function llama3Factors(config: JsonObject): Float32Array {
  const parameters = readRotary(new ConfigReader(config, 'config.json'), headDimOf(config));
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
  if (rope.rope_type === 'yarn') pairs.push([`${architecture}.rope.scaling.original_context_length`, u32(Number(rope.original_max_position_embeddings))]);
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
