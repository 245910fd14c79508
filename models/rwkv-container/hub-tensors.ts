import type { TensorInfo } from '../checkpoint/tensor-info.ts';

/** Names outside blocks. */
const MODEL: Readonly<Record<string, string>> = {
  'emb.weight': 'model.embeddings.weight',
  'ln_out.weight': 'model.norm.weight',
  'ln_out.bias': 'model.norm.bias',
  'head.weight': 'lm_head.weight',
};

const NORMS: Readonly<Record<string, string>> = { ln0: 'pre_norm', ln1: 'attn_norm', ln2: 'ffn_norm', 'att.ln_x': 'attn.g_norm' };
const PROJECTIONS: Readonly<Record<string, string>> = { receptance: 'r', key: 'k', value: 'v', output: 'o' };
/** Of a LoRA's three tensors, by their digit. */
const LORA: readonly string[] = ['2.bias', '0.weight', '2.weight'];

/** A part of a block under the name that flash-linear-attention has for it (utils/convert_from_rwkv7.py there); undefined for what RWKV-7 has not. */
function partName(part: string): string | undefined {
  const norm = /^(ln[012]|att\.ln_x)\.(weight|bias)$/.exec(part);
  if (norm) return `${NORMS[norm[1]]}.${norm[2]}`;
  const projection = /^att\.(receptance|key|value|output)\.weight$/.exec(part);
  if (projection) return `attn.${PROJECTIONS[projection[1]]}_proj.weight`;
  const lora = /^att\.([wavg])([012])$/.exec(part);
  if (lora) return `attn.${lora[1]}_lora.lora.${LORA[Number(lora[2])]}`;
  if (part === 'att.x_rwkvag') return 'attn.x_x';
  if (/^att\.(k_k|k_a|r_k)$/.test(part)) return part.replace('att', 'attn');
  if (/^ffn\.(x_k|key\.weight|value\.weight)$/.test(part)) return part;
  return undefined;
}

/** Vectors lie as [1, 1, channels] in the container, and all token shifts of a block as [6, 1, channels]. */
function hubShape(shape: readonly number[]): readonly number[] {
  const [rows, one] = shape;
  if (shape.length < 3 || one !== 1) return shape;
  return rows === 1 ? shape.slice(2) : [rows, ...shape.slice(2)];
}

/** The tensors under the names that flash-linear-attention's checkpoints have. One that has none there keeps its own, so that whoever loads the weights sees that it is too many. */
export function hubTensors(tensors: Iterable<TensorInfo>): ReadonlyMap<string, TensorInfo> {
  return new Map(
    [...tensors].map((tensor) => {
      const block = /^blocks\.(\d+)\.(.+)$/.exec(tensor.name);
      const part = block ? partName(block[2]) : undefined;
      const name = block && part !== undefined ? `model.layers.${Number(block[1])}.${part}` : (MODEL[tensor.name] ?? tensor.name);
      return [name, { ...tensor, name, shape: hubShape(tensor.shape) }];
    }),
  );
}
