import { CheckpointError } from '../errors/checkpoint-error.ts';
import type { ByteReader } from './byte-reader.ts';
import type { GgufMetadata, MetadataNumbers, MetadataValue } from './metadata.ts';

/** Least bytes of a pair: the length of a key of one character, the key, the type, a value of one byte. */
const LEAST_PAIR = 8 + 1 + 4 + 1;
const LONGEST_KEY = 65_535;
/** Of arrays inside arrays; no key of llama.cpp has any. */
const DEEPEST = 8;

interface NumberType {
  readonly bytes: number;
  /** Undefined where a number cannot hold the value. */
  readonly read: (reader: ByteReader) => number | undefined;
  readonly array: new (length: number) => MetadataNumbers;
}

/** `gguf_metadata_value_type`, without the three that are no numbers. */
const NUMBERS: ReadonlyMap<number, NumberType> = new Map<number, NumberType>([
  [0, { bytes: 1, read: (r) => r.u8(), array: Uint8Array }],
  [1, { bytes: 1, read: (r) => r.i8(), array: Int8Array }],
  [2, { bytes: 2, read: (r) => r.u16(), array: Uint16Array }],
  [3, { bytes: 2, read: (r) => r.i16(), array: Int16Array }],
  [4, { bytes: 4, read: (r) => r.u32(), array: Uint32Array }],
  [5, { bytes: 4, read: (r) => r.i32(), array: Int32Array }],
  [6, { bytes: 4, read: (r) => r.f32(), array: Float32Array }],
  [10, { bytes: 8, read: (r) => r.u64(), array: Float64Array }],
  [11, { bytes: 8, read: (r) => r.i64(), array: Float64Array }],
  [12, { bytes: 8, read: (r) => r.f64(), array: Float64Array }],
]);
const BOOL = 7;
const STRING = 8;
const ARRAY = 9;
/** Bytes of the length before a string, and of the type and the length before an array. */
const STRING_HEAD = 8;
const ARRAY_HEAD = 12;

/**
 * The `count` pairs of a GGUF header that begin at the reader's position.
 *
 * @throws CheckpointError naming the key; OutOfBytes
 */
export function parseMetadata(reader: ByteReader, count: number, file: string, fileSize: number): GgufMetadata {
  const metadata = new Map<string, MetadataValue>();
  const values = new ValueReader(reader, file, fileSize);
  values.checkCount(count, LEAST_PAIR, 'metadata pairs');
  for (let i = 0; i < count; i++) {
    values.what = `metadata pair ${i}`;
    const key = values.string();
    if (key === '' || key.length > LONGEST_KEY) throw values.error(`has a key of ${key.length} characters, expected 1 to ${LONGEST_KEY}`);
    values.what = `metadata key ${JSON.stringify(key)}`;
    if (metadata.has(key)) throw values.error('occurs twice');
    metadata.set(key, values.value(reader.u32(), 0));
  }
  return metadata;
}

/** Reads values and counts, none of which may promise more than the file holds. */
export class ValueReader {
  /** What is being read, for errors. */
  what = 'the header';
  readonly #reader: ByteReader;
  readonly #file: string;
  readonly #fileSize: number;

  constructor(reader: ByteReader, file: string, fileSize: number) {
    this.#reader = reader;
    this.#file = file;
    this.#fileSize = fileSize;
  }

  error(message: string): CheckpointError {
    return new CheckpointError('header', `${this.what} ${message}`, { file: this.#file });
  }

  /** Throws unless `count` things of at least `bytes` bytes each fit into the rest of the file. */
  checkCount(count: number, bytes: number, things: string): void {
    const left = this.#fileSize - this.#reader.position;
    if (count * bytes > left) throw this.error(`announces ${count} ${things}, but only ${left} bytes of the file are left; it is damaged or incomplete`);
  }

  /** A 64-bit length or offset. */
  size(name: string): number {
    const value = this.#reader.u64();
    if (value === undefined) throw this.error(`has a ${name} beyond 2^53; the file is damaged`);
    return value;
  }

  string(): string {
    const length = this.size('length');
    this.checkCount(length, 1, 'bytes of text');
    const text = this.#reader.text(length);
    if (text === undefined) throw new CheckpointError('text-encoding', `${this.what} is not UTF-8 text`, { file: this.#file });
    return text;
  }

  value(type: number, depth: number): MetadataValue {
    const number = NUMBERS.get(type);
    if (number) return this.#number(number);
    switch (type) {
      case BOOL:
        return this.#boolean();
      case STRING:
        return this.string();
      case ARRAY:
        return this.#array(depth);
      default:
        throw this.error(`has the value type ${type}, which GGUF does not define`);
    }
  }

  #number({ read }: NumberType): number {
    const value = read(this.#reader);
    if (value === undefined) throw this.error('is an integer beyond 2^53, which cannot be held exactly');
    return value;
  }

  #boolean(): boolean {
    const byte = this.#reader.u8();
    if (byte > 1) throw this.error(`is a truth value of ${byte}, expected 0 or 1`);
    return byte === 1;
  }

  #array(depth: number): MetadataValue {
    if (depth === DEEPEST) throw this.error(`has arrays nested more than ${DEEPEST} levels deep`);
    const type = this.#reader.u32();
    const length = this.size('array length');
    const number = NUMBERS.get(type);
    const least = number?.bytes ?? (type === STRING ? STRING_HEAD : type === ARRAY ? ARRAY_HEAD : 1);
    this.checkCount(length, least, 'elements');
    // Asks for them all at once, so that a long array is not begun anew with every window of the file.
    this.#reader.expect(length * least);
    if (!number) return Array.from({ length }, () => this.value(type, depth + 1));
    const numbers = new number.array(length);
    for (let i = 0; i < length; i++) numbers[i] = this.#number(number);
    return numbers;
  }
}
