import { ggufName } from './gguf-name.ts';
import { headDimOf, type HubConfig, type RotaryConfig } from './hub-checkpoint.ts';

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

function reordering(name: string, c: RotaryConfig): Reordering {
  if ((c.model_type === 'llama' || c.model_type === 'smollm3') && /\.[qk]_proj\.(weight|bias)$/.test(name)) return { rows: (row) => rotatedRow(row, headDimOf(c)) };
  if (c.model_type === 'qwen3_5_text' && name.includes('.linear_attn.')) return mixerReordering(name, c);
  return {};
}

function mixerReordering(name: string, c: RotaryConfig): Reordering {
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
function mapping(name: string, c: RotaryConfig): (value: number) => number {
  if (name.endsWith('.A_log')) return (value) => -Math.exp(value);
  const plusOne = c.model_type === 'qwen3_5_text' && name.endsWith('norm.weight') && !name.endsWith('.linear_attn.norm.weight');
  return plusOne ? (value) => value + 1 : (value) => value;
}

/** `modify_tensors` of the converters for these models, for tensors that `stackExperts` has gone over. Throws for a tensor that they do not know. */
export function placeTensor(hubName: string, hubShape: readonly number[], config: HubConfig): Placement {
  const name = ggufName(hubName, config);
  return config.model_type === 'gpt2' ? placeGpt2(name, hubShape) : placeRotary(name, hubName, hubShape, config);
}

/** Conv1D's matrices [inputs, outputs] are turned round; positions stay in F32. */
function placeGpt2(name: string, hubShape: readonly number[]): Placement {
  const matrix = /\.(attn_qkv|attn_output|ffn_up|ffn_down)\.weight$/.test(name);
  const [inputs, outputs] = hubShape;
  return {
    name,
    shape: matrix ? [outputs, inputs] : hubShape,
    order: matrix ? (i) => (i % inputs) * outputs + Math.floor(i / inputs) : (i) => i,
    map: (value) => value,
    quantised: hubShape.length > 1 && name !== 'position_embd.weight',
  };
}

function placeRotary(name: string, hubName: string, hubShape: readonly number[], config: RotaryConfig): Placement {
  const convolution = hubName.endsWith('.conv1d.weight');
  const shape = convolution ? hubShape.filter((size) => size !== 1) : hubShape;
  const { rows = (row) => row, columns = (column) => column } = reordering(hubName, config);
  const width = shape.length === 1 ? 1 : shape[shape.length - 1];
  return {
    name,
    shape,
    order: (i) => rows(Math.floor(i / width)) * width + columns(i % width),
    map: mapping(hubName, config),
    quantised: shape.length > 1 && !convolution && !/\.bias$|\.mlp\.(gate|router)\.weight$/.test(hubName),
  };
}
