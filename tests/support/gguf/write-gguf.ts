import { GGML_TYPES, ggmlBytes, type GgmlTypeName } from './ggml-types.ts';
import { join, number, numberBytes, stringBytes, u32, type WrittenValue } from './values.ts';

/** In the order of the file, in which nothing keeps a key from occurring twice. */
export type WrittenMetadata = readonly (readonly [key: string, value: WrittenValue])[];

export interface WrittenTensor {
  readonly name: string;
  /** The number of a ggml type. */
  readonly type: number;
  /** Slowest dimension first, as on the Hub; the file lists them the other way round. */
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  /** Default: behind the tensor before it. */
  readonly offset?: number;
}

export interface GgufContents {
  /** 2 and 3 have the same layout. Default: 3. */
  readonly version?: number;
  readonly metadata?: WrittenMetadata;
  readonly tensors?: readonly WrittenTensor[];
  /** Of tensors, written as `general.alignment` where it is given; else 32, as the format has it. */
  readonly alignment?: number;
  /** What the header announces where it is not the truth. */
  readonly counts?: { readonly tensors?: number | bigint; readonly metadata?: number | bigint };
}

/** A tensor of whole blocks. Throws where the bytes are not those of the shape. */
export function ggmlTensor(name: string, type: GgmlTypeName, shape: readonly number[], bytes: Uint8Array): WrittenTensor {
  const expected = ggmlBytes(type, shape.reduce((product, size) => product * size, 1));
  if (bytes.length !== expected) throw new Error(`${name} has ${bytes.length} bytes, not ${expected}`);
  return { name, type: GGML_TYPES[type].id, shape, bytes };
}

/** The keys that make a file one of `count`, which together hold `tensors` tensors; `index` counts from 0. */
export const shardKeys = (index: number, count: number, tensors: number): WrittenMetadata => [
  ['split.no', number('u16', index)],
  ['split.count', number('u16', count)],
  ['split.tensors.count', number('i32', tensors)],
];

/** A key and its value as they stand in a file. */
export const entryBytes = (key: string, { type, bytes }: WrittenValue): Uint8Array => join([stringBytes(key), numberBytes('u32', type), bytes]);

/**
 * A little-endian GGUF file of these tensors, in this order (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). Nothing is checked,
 * so that files can be written that are none.
 */
export function writeGguf({ version = 3, metadata = [], tensors = [], alignment, counts = {} }: GgufContents): Uint8Array<ArrayBuffer> {
  const unit = alignment ?? 32;
  const padded = (length: number): number => Math.ceil(length / unit) * unit;
  const entries: WrittenMetadata = alignment === undefined ? metadata : [...metadata, ['general.alignment', u32(alignment)]];
  let end = 0;
  const placed = tensors.map((tensor) => {
    const offset = tensor.offset ?? end;
    end = padded(offset + tensor.bytes.length);
    return { ...tensor, offset };
  });
  const header = join([
    new TextEncoder().encode('GGUF'),
    numberBytes('u32', version),
    numberBytes('u64', counts.tensors ?? tensors.length),
    numberBytes('u64', counts.metadata ?? entries.length),
    ...entries.map(([key, value]) => entryBytes(key, value)),
    ...placed.flatMap(({ name, type, shape, offset }) => [
      stringBytes(name),
      numberBytes('u32', shape.length),
      ...shape.toReversed().map((size) => numberBytes('u64', size)),
      numberBytes('u32', type),
      numberBytes('u64', offset),
    ]),
  ]);
  const start = padded(header.length);
  const last = placed.reduce((most, { offset, bytes }) => Math.max(most, padded(offset + bytes.length)), 0);
  const file = new Uint8Array(start + last);
  file.set(header);
  for (const { offset, bytes } of placed) file.set(bytes, start + offset);
  return file;
}
