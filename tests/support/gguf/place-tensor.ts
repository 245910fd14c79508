import type { HubConfig } from './hub-checkpoint.ts';

/** Where a tensor of the Hub goes in a GGUF file. */
export interface Placement {
  readonly name: string;
  readonly shape: readonly number[];
  /** Of the element at this place of the file, its place in the Hub's tensor. */
  readonly order: (i: number) => number;
  /** From an element of the Hub to one of the file. */
  readonly map: (value: number) => number;
  /** Matrices are stored in blocks; vectors, convolutions, routers and all biases in F32. */
  readonly quantised: boolean;
}

/** Names by `tensor_mapping.py`; in `model.layers.N.` and `blk.N.` where they begin with a dot. */
const NAMES: Readonly<Record<string, string>> = {
  'model.embed_tokens.weight': 'token_embd.weight',
  'model.norm.weight': 'output_norm.weight',
  'lm_head.weight': 'output.weight',
  '.input_layernorm.weight': '.attn_norm.weight',
  '.self_attn.q_proj.weight': '.attn_q.weight',
  '.self_attn.k_proj.weight': '.attn_k.weight',
  '.self_attn.v_proj.weight': '.attn_v.weight',
  '.self_attn.o_proj.weight': '.attn_output.weight',
  '.self_attn.q_norm.weight': '.attn_q_norm.weight',
  '.self_attn.k_norm.weight': '.attn_k_norm.weight',
  '.mlp.gate_proj.weight': '.ffn_gate.weight',
  '.mlp.up_proj.weight': '.ffn_up.weight',
  '.mlp.down_proj.weight': '.ffn_down.weight',
  '.self_attn.sinks': '.attn_sinks.weight',
  '.mlp.gate.weight': '.ffn_gate_inp.weight',
  '.mlp.router.weight': '.ffn_gate_inp.weight',
  '.mlp.router.bias': '.ffn_gate_inp.bias',
  ...Object.fromEntries(['gate', 'up', 'down'].flatMap((part) => ['weight', 'bias'].map((kind) => [`.mlp.experts.${part}_proj.${kind}`, `.ffn_${part}_exps.${kind}`]))),
  ...Object.fromEntries([['q', 'q'], ['k', 'k'], ['v', 'v'], ['o', 'output']].map(([hub, file]) => [`.self_attn.${hub}_proj.bias`, `.attn_${file}.bias`])),
  '.linear_attn.in_proj_qkv.weight': '.attn_qkv.weight',
  '.linear_attn.in_proj_z.weight': '.attn_gate.weight',
  '.linear_attn.in_proj_a.weight': '.ssm_alpha.weight',
  '.linear_attn.in_proj_b.weight': '.ssm_beta.weight',
  '.linear_attn.conv1d.weight': '.ssm_conv1d.weight',
  '.linear_attn.A_log': '.ssm_a',
  '.linear_attn.dt_bias': '.ssm_dt.bias',
  '.linear_attn.norm.weight': '.ssm_norm.weight',
  '.linear_attn.out_proj.weight': '.ssm_out.weight',
};

function ggufName(name: string, config: HubConfig): string {
  const [, layer, rest] = /^model\.layers\.(\d+)(\..*)$/.exec(name) ?? [];
  // The norm before the MLP has two names: Qwen3.5's and gpt-oss's come from models that have one after the attention.
  if (rest === '.post_attention_layernorm.weight') return `blk.${layer}.${['qwen3_5_text', 'gpt_oss'].includes(config.model_type) ? 'post_attention_norm' : 'ffn_norm'}.weight`;
  const known = NAMES[rest ?? name];
  if (known === undefined) throw new Error(`there is no place in a GGUF file for ${name}`);
  return layer === undefined ? known : `blk.${layer}${known}`;
}

/** `LlamaModel.permute`: the halves of each head, which rotate against each other, are interleaved. Of row `row` of the file, the Hub's. */
function rotatedRow(row: number, headDim: number): number {
  const within = row % headDim;
  return row - within + (within % 2) * (headDim / 2) + (within >> 1);
}

/**
 * `_reorder_v_heads`: value heads come grouped by key head on the Hub, and in the file by their place in the group, so that repeating the
 * key heads as a whole meets them. Of element `i` of the value part in the file, the Hub's.
 */
function valueElement(i: number, headDim: number, keyHeads: number, valueHeads: number): number {
  const head = Math.floor(i / headDim);
  return ((head % keyHeads) * (valueHeads / keyHeads) + Math.floor(head / keyHeads)) * headDim + (i % headDim);
}

/** Which row or column of the Hub's tensor comes to which place of the file. */
interface Reordering {
  readonly rows?: (row: number) => number;
  readonly columns?: (column: number) => number;
}

function reordering(name: string, c: HubConfig): Reordering {
  if (c.model_type === 'llama' && /\.[qk]_proj\.weight$/.test(name)) return { rows: (row) => rotatedRow(row, c.head_dim) };
  if (c.model_type !== 'qwen3_5_text' || !name.includes('.linear_attn.')) return {};
  const { linear_num_key_heads: keyHeads = 1, linear_num_value_heads: valueHeads = 1, linear_key_head_dim: keyDim = 1, linear_value_head_dim: valueDim = 1 } = c;
  const values = (i: number): number => valueElement(i, valueDim, keyHeads, valueHeads);
  const heads = (i: number): number => valueElement(i, 1, keyHeads, valueHeads);
  const queriesAndKeys = 2 * keyHeads * keyDim;
  const channels = (i: number): number => (i < queriesAndKeys ? i : queriesAndKeys + values(i - queriesAndKeys));
  if (/\.(in_proj_qkv|conv1d)\.weight$/.test(name)) return { rows: channels };
  if (name.endsWith('.in_proj_z.weight')) return { rows: values };
  if (/\.(in_proj_[ab]\.weight|A_log|dt_bias)$/.test(name)) return { rows: heads };
  if (name.endsWith('.out_proj.weight')) return { columns: values };
  return {};
}

/** Qwen3.5's norms multiply by 1 + w on the Hub and by what is stored in a file, but for the one inside the mixer. */
function mapping(name: string, c: HubConfig): (value: number) => number {
  if (name.endsWith('.A_log')) return (value) => -Math.exp(value);
  const plusOne = c.model_type === 'qwen3_5_text' && name.endsWith('norm.weight') && !name.endsWith('.linear_attn.norm.weight');
  return plusOne ? (value) => value + 1 : (value) => value;
}

/** `modify_tensors` of the converters for Llama, Qwen3, Qwen3.5 and gpt-oss, for tensors that `stackExperts` has gone over. Throws for a tensor that they do not know. */
export function placeTensor(name: string, hubShape: readonly number[], config: HubConfig): Placement {
  const convolution = name.endsWith('.conv1d.weight');
  const shape = convolution ? hubShape.filter((size) => size !== 1) : hubShape;
  const { rows = (row) => row, columns = (column) => column } = reordering(name, config);
  const width = shape.length === 1 ? 1 : shape[shape.length - 1];
  return {
    name: ggufName(name, config),
    shape,
    order: (i) => rows(Math.floor(i / width)) * width + columns(i % width),
    map: mapping(name, config),
    quantised: shape.length > 1 && !convolution && !/\.bias$|\.mlp\.(gate|router)\.weight$/.test(name),
  };
}
