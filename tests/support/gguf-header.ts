/** Values as a GGUF header spells them: a type and what follows it. */
export interface WrittenValue {
  readonly type: number;
  readonly bytes: Uint8Array;
}

const SIZES = { u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, i32: 4, f32: 4, bool: 1, u64: 8, i64: 8, f64: 8 } as const;
const TYPES = { u8: 0, i8: 1, u16: 2, i16: 3, u32: 4, i32: 5, f32: 6, bool: 7, u64: 10, i64: 11, f64: 12 } as const;
export type NumberKind = keyof typeof SIZES;

const STRING = 8;
const ARRAY = 9;

function numberBytes(kind: NumberKind, value: number | bigint): Uint8Array {
  const bytes = new Uint8Array(SIZES[kind]);
  const view = new DataView(bytes.buffer);
  const [small, big] = [Number(value), typeof value === 'bigint' ? value : BigInt(Math.trunc(value))];
  const write: Record<NumberKind, () => void> = {
    u8: () => view.setUint8(0, small),
    i8: () => view.setInt8(0, small),
    u16: () => view.setUint16(0, small, true),
    i16: () => view.setInt16(0, small, true),
    u32: () => view.setUint32(0, small, true),
    i32: () => view.setInt32(0, small, true),
    f32: () => view.setFloat32(0, small, true),
    f64: () => view.setFloat64(0, small, true),
    bool: () => view.setUint8(0, small),
    u64: () => view.setBigUint64(0, big, true),
    i64: () => view.setBigInt64(0, big, true),
  };
  write[kind]();
  return bytes;
}

export const number = (kind: NumberKind, value: number | bigint): WrittenValue => ({ type: TYPES[kind], bytes: numberBytes(kind, value) });
export const u32 = (value: number): WrittenValue => number('u32', value);
export const f32 = (value: number): WrittenValue => number('f32', value);
export const bool = (value: boolean): WrittenValue => number('bool', Number(value));
export const string = (text: string): WrittenValue => ({ type: STRING, bytes: stringBytes(text) });
/** An array of values of one type, itself possibly `string` or `array`. */
export const array = (type: number, elements: readonly WrittenValue[]): WrittenValue => ({ type: ARRAY, bytes: join([numberBytes('u32', type), numberBytes('u64', elements.length), ...elements.map(({ bytes }) => bytes)]) });
export const numbers = (kind: NumberKind, values: readonly number[]): WrittenValue => array(TYPES[kind], values.map((value) => number(kind, value)));
export const strings = (values: readonly string[]): WrittenValue => array(STRING, values.map(string));

const stringBytes = (text: string): Uint8Array => join([numberBytes('u64', new TextEncoder().encode(text).length), new TextEncoder().encode(text)]);

export function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** A tensor by its row-major shape; `offset` stands where the writer would put it elsewhere. */
export interface HeaderTensor {
  readonly name: string;
  readonly type: number;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  readonly offset?: number;
}

export interface WrittenHeader {
  readonly version?: number;
  readonly metadata?: readonly (readonly [key: string, value: WrittenValue])[];
  readonly tensors?: readonly HeaderTensor[];
  readonly alignment?: number;
  /** Announced counts, where they are not the true ones. */
  readonly counts?: { readonly tensors?: number | bigint; readonly metadata?: number | bigint };
}

/** A little-endian GGUF file, written from the specification alone. */
export function writeGgufHeader({ version = 3, metadata = [], tensors = [], alignment = 32, counts = {} }: WrittenHeader): Uint8Array<ArrayBuffer> {
  const padded = (length: number): number => Math.ceil(length / alignment) * alignment;
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
    numberBytes('u64', counts.metadata ?? metadata.length),
    ...metadata.flatMap(([key, { type, bytes }]) => [stringBytes(key), numberBytes('u32', type), bytes]),
    ...placed.flatMap(({ name, type, shape, offset }) => [stringBytes(name), numberBytes('u32', shape.length), ...shape.toReversed().map((size) => numberBytes('u64', size)), numberBytes('u32', type), numberBytes('u64', offset)]),
  ]);
  const start = padded(header.length);
  const last = placed.reduce((most, { offset, bytes }) => Math.max(most, offset + bytes.length), 0);
  const file = new Uint8Array(start + last);
  file.set(header);
  for (const { offset, bytes } of placed) file.set(bytes, start + offset);
  return file;
}
