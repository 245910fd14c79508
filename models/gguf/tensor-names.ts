/** Names on the Hub of what llama.cpp calls `token_embd`, `blk.0.attn_q`, … (gguf-py/gguf/tensor_mapping.py), without `.weight` and `.bias`. */
export interface TensorNames {
  readonly model: Readonly<Record<string, string>>;
  /** In front of a layer's number. */
  readonly layers: string;
  /** A `*` is the number of an expert: the tensor holds as many of the Hub's, one after the other in its slowest dimension. */
  readonly layer: Readonly<Record<string, string>>;
}

/** A tensor's name, taken apart. */
export interface ParsedName {
  /** Absent for tensors outside the layers. */
  readonly layer?: number;
  /** `attn_q.weight`, `token_embd.weight`, … */
  readonly part: string;
}

export function parseName(name: string): ParsedName {
  const match = /^blk\.(0|[1-9]\d{0,8})\.(.+)$/.exec(name);
  return match ? { layer: Number(match[1]), part: match[2] } : { part: name };
}

/** ModelOpt's name of the factor of a whole NVFP4 tensor, which multiplies. */
const SUFFIXES: Readonly<Record<string, string>> = { weight: '.weight', bias: '.bias', scale: '.weight_scale_2' };

/** The Hub's name of a tensor; its own where it has none there. */
export function hubName(name: string, { model, layers, layer }: TensorNames): string {
  const parsed = parseName(name);
  const names = parsed.layer === undefined ? model : layer;
  const prefix = parsed.layer === undefined ? '' : `${layers}.${parsed.layer}.`;
  if (Object.hasOwn(names, parsed.part)) return prefix + names[parsed.part];
  const dot = parsed.part.lastIndexOf('.');
  const [base, suffix] = [parsed.part.slice(0, dot), parsed.part.slice(dot + 1)];
  return Object.hasOwn(names, base) && Object.hasOwn(SUFFIXES, suffix) ? prefix + names[base] + SUFFIXES[suffix] : name;
}
