import { GGML_TYPES, ggmlBytes, type GgmlTypeName } from './ggml-types.ts';

const SCALARS = { uint8: 0, int8: 1, uint16: 2, int16: 3, uint32: 4, int32: 5, float32: 6, bool: 7, string: 8, uint64: 10, int64: 11, float64: 12 } as const;
const ARRAY = 9;

export type GgufScalar = keyof typeof SCALARS;

/** A metadata value with the type that it is stored as. */
export type GgufValue =
  | { readonly type: GgufScalar; readonly value: number | bigint | boolean | string }
  | { readonly type: 'array'; readonly of: GgufScalar; readonly values: readonly (number | bigint | boolean | string)[] };

export type GgufMetadata = Readonly<Record<string, GgufValue>>;

export interface GgufTensor {
  readonly name: string;
  readonly type: GgmlTypeName;
  /** Slowest dimension first, as on the Hub; the file lists them the other way round. */
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

export interface GgufContents {
  readonly metadata: GgufMetadata;
  readonly tensors: readonly GgufTensor[];
  /** Both have the same layout. Default: 3. */
  readonly version?: 2 | 3;
  /** Of tensors, written as `general.alignment` where it is given; else 32, as the format has it. */
  readonly alignment?: number;
  /** Makes the file one of several, which together hold `tensors` tensors; `index` counts from 0. */
  readonly shard?: { readonly index: number; readonly count: number; readonly tensors: number };
}

/** Little-endian bytes, one after the other. */
class Bytes {
  readonly parts: Uint8Array[] = [];
  length = 0;

  append(bytes: Uint8Array): void {
    this.parts.push(bytes);
    this.length += bytes.length;
  }

  scalar(type: GgufScalar, value: number | bigint | boolean | string): void {
    if (type === 'string') {
      const text = new TextEncoder().encode(String(value));
      this.scalar('uint64', text.length);
      return this.append(text);
    }
    const view = new DataView(new ArrayBuffer(8));
    const size = writers[type](view, value);
    this.append(new Uint8Array(view.buffer, 0, size));
  }

  padTo(alignment: number): void {
    this.append(new Uint8Array((alignment - (this.length % alignment)) % alignment));
  }

  join(): Uint8Array<ArrayBuffer> {
    const whole = new Uint8Array(this.length);
    let at = 0;
    for (const part of this.parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}

type Writer = (view: DataView, value: number | bigint | boolean | string) => number;

const writers: Record<Exclude<GgufScalar, 'string'>, Writer> = {
  uint8: (view, value) => (view.setUint8(0, Number(value)), 1),
  int8: (view, value) => (view.setInt8(0, Number(value)), 1),
  uint16: (view, value) => (view.setUint16(0, Number(value), true), 2),
  int16: (view, value) => (view.setInt16(0, Number(value), true), 2),
  uint32: (view, value) => (view.setUint32(0, Number(value), true), 4),
  int32: (view, value) => (view.setInt32(0, Number(value), true), 4),
  float32: (view, value) => (view.setFloat32(0, Number(value), true), 4),
  bool: (view, value) => (view.setUint8(0, value ? 1 : 0), 1),
  uint64: (view, value) => (view.setBigUint64(0, BigInt(value), true), 8),
  int64: (view, value) => (view.setBigInt64(0, BigInt(value), true), 8),
  float64: (view, value) => (view.setFloat64(0, Number(value), true), 8),
};

function writeValue(out: Bytes, value: GgufValue): void {
  if (value.type === 'array') {
    out.scalar('uint32', ARRAY);
    out.scalar('uint32', SCALARS[value.of]);
    out.scalar('uint64', value.values.length);
    for (const element of value.values) out.scalar(value.of, element);
  } else {
    out.scalar('uint32', SCALARS[value.type]);
    out.scalar(value.type, value.value);
  }
}

/** A GGUF file of these tensors, in this order (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). */
export function writeGguf({ metadata, tensors, version = 3, alignment, shard }: GgufContents): Uint8Array<ArrayBuffer> {
  const all: GgufMetadata = {
    ...metadata,
    ...(alignment !== undefined && { 'general.alignment': { type: 'uint32', value: alignment } }),
    ...(shard && {
      'split.no': { type: 'uint16', value: shard.index },
      'split.count': { type: 'uint16', value: shard.count },
      'split.tensors.count': { type: 'int32', value: shard.tensors },
    }),
  };
  const out = new Bytes();
  out.append(new TextEncoder().encode('GGUF'));
  out.scalar('uint32', version);
  out.scalar('uint64', tensors.length);
  out.scalar('uint64', Object.keys(all).length);
  for (const [key, value] of Object.entries(all)) {
    out.scalar('string', key);
    writeValue(out, value);
  }
  const unit = alignment ?? 32;
  let offset = 0;
  for (const { name, type, shape, bytes } of tensors) {
    const expected = ggmlBytes(type, shape.reduce((product, size) => product * size, 1));
    if (bytes.length !== expected) throw new Error(`${name} has ${bytes.length} bytes, not ${expected}`);
    out.scalar('string', name);
    out.scalar('uint32', shape.length);
    for (const size of shape.toReversed()) out.scalar('uint64', size);
    out.scalar('uint32', GGML_TYPES[type].id);
    out.scalar('uint64', offset);
    offset += Math.ceil(bytes.length / unit) * unit;
  }
  for (const { bytes } of tensors) {
    out.padTo(unit);
    out.append(bytes);
  }
  out.padTo(unit);
  return out.join();
}
