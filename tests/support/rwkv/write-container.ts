import { ggmlBytes, type GgmlTypeName } from '../gguf/ggml-types.ts';
import { join, numberBytes } from '../gguf/values.ts';

/** Numbers of types in the container, written apart from the reader's table (docs/FILE_FORMAT.md of rwkv.cpp). */
export const CONTAINER_TYPES = { F32: 0, F16: 1, Q4_0: 2, Q4_1: 3, Q5_0: 7, Q5_1: 8, Q8_0: 9 } as const satisfies Partial<Record<GgmlTypeName, number>>;
export type ContainerType = keyof typeof CONTAINER_TYPES;

export interface ContainerTensor {
  readonly name: string;
  readonly type: number;
  /** In PyTorch's order. */
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface ContainerContents {
  readonly magic?: number;
  readonly version?: number;
  /** n_vocab, n_embed, n_layer, data_type. */
  readonly header: readonly number[];
  readonly tensors: readonly ContainerTensor[];
}

const ints = (...values: readonly number[]): Uint8Array => join(values.map((value) => numberBytes('u32', value)));

/** Whatever it is told. */
export function writeContainer({ magic = 0x67676d66, version = 101, header, tensors }: ContainerContents): Uint8Array<ArrayBuffer> {
  return join([
    ints(magic, version, ...header),
    ...tensors.flatMap(({ name, type, shape, bytes }) => {
      const key = new TextEncoder().encode(name);
      return [ints(shape.length, key.length, type, ...shape.toReversed()), key, bytes];
    }),
  ]);
}

export interface TinyRwkv {
  readonly vocabulary: number;
  readonly hidden: number;
  readonly headDim: number;
  readonly layers: number;
  readonly inner: number;
  /** Of the square matrices and those of the MLP, as rwkv.cpp quantises. */
  readonly type: ContainerType;
}

/** All tensors of an RWKV-7, filled with bytes that are small numbers in every type. */
export function tinyRwkv({ vocabulary, hidden, headDim, layers, inner, type }: TinyRwkv): ContainerContents {
  const tensor = (name: string, shape: readonly number[], kind: ContainerType = 'F32'): ContainerTensor => {
    const length = ggmlBytes(kind, shape.reduce((a, b) => a * b, 1));
    return { name, type: CONTAINER_TYPES[kind], shape, bytes: Uint8Array.from({ length }, (_, i) => (i * 7 + name.length) % 31) };
  };
  const vector = [1, 1, hidden];
  const rank = 4;
  const layer = (i: number): ContainerTensor[] => {
    const lora = (name: string): ContainerTensor[] => [tensor(`att.${name}1`, [rank, hidden]), tensor(`att.${name}2`, [hidden, rank])];
    const parts = [
      ...['ln1', 'ln2', ...(i === 0 ? ['ln0'] : []), 'att.ln_x'].flatMap((norm) => [tensor(`${norm}.weight`, [hidden]), tensor(`${norm}.bias`, [hidden])]),
      tensor('att.x_rwkvag', [6, 1, hidden]),
      ...['w', 'a', ...(i === 0 ? [] : ['v'])].flatMap((name) => [...lora(name), tensor(`att.${name}0`, vector)]),
      ...lora('g'),
      tensor('att.k_k', vector),
      tensor('att.k_a', vector),
      tensor('att.r_k', [hidden / headDim, headDim]),
      ...['receptance', 'key', 'value', 'output'].map((name) => tensor(`att.${name}.weight`, [hidden, hidden], type)),
      tensor('ffn.x_k', vector),
      tensor('ffn.key.weight', [inner, hidden], type),
      tensor('ffn.value.weight', [hidden, inner], type),
    ];
    return parts.map((part) => ({ ...part, name: `blocks.${i}.${part.name}` }));
  };
  return {
    header: [vocabulary, hidden, layers, CONTAINER_TYPES[type]],
    tensors: [tensor('emb.weight', [vocabulary, hidden]), ...Array.from({ length: layers }, (_, i) => layer(i)).flat(), tensor('ln_out.weight', [hidden]), tensor('ln_out.bias', [hidden]), tensor('head.weight', [vocabulary, hidden])],
  };
}
