/** A value of a GGUF header as it is written: the number of its type and the bytes that follow it. */
export interface WrittenValue {
  readonly type: number;
  readonly bytes: Uint8Array;
}

const SIZES = { u8: 1, i8: 1, u16: 2, i16: 2, u32: 4, i32: 4, f32: 4, bool: 1, u64: 8, i64: 8, f64: 8 } as const;
const TYPES = { u8: 0, i8: 1, u16: 2, i16: 3, u32: 4, i32: 5, f32: 6, bool: 7, u64: 10, i64: 11, f64: 12 } as const;
export type NumberKind = keyof typeof SIZES;

const STRING = 8;
const ARRAY = 9;

export function numberBytes(kind: NumberKind, value: number | bigint): Uint8Array {
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

export function stringBytes(text: string): Uint8Array {
  const characters = new TextEncoder().encode(text);
  return join([numberBytes('u64', characters.length), characters]);
}

export const number = (kind: NumberKind, value: number | bigint): WrittenValue => ({ type: TYPES[kind], bytes: numberBytes(kind, value) });
export const u32 = (value: number): WrittenValue => number('u32', value);
export const f32 = (value: number): WrittenValue => number('f32', value);
export const bool = (value: boolean): WrittenValue => number('bool', Number(value));
export const string = (text: string): WrittenValue => ({ type: STRING, bytes: stringBytes(text) });

/** An array of values of one type, which may be that of arrays. */
export const array = (type: number, elements: readonly WrittenValue[]): WrittenValue => ({ type: ARRAY, bytes: join([numberBytes('u32', type), numberBytes('u64', elements.length), ...elements.map(({ bytes }) => bytes)]) });
export const numbers = (kind: NumberKind, values: Iterable<number>): WrittenValue => array(TYPES[kind], Array.from(values, (value) => number(kind, value)));
export const strings = (values: readonly string[]): WrittenValue => array(STRING, values.map(string));
export const bools = (values: readonly boolean[]): WrittenValue => array(TYPES.bool, values.map(bool));

export function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
