/** One tensor to write; `bytes` are its elements, little-endian. */
export interface WrittenTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A safetensors file of these tensors, in this order, its header padded to a multiple of 8 as the format's own writer does. */
export function writeSafetensors(tensors: readonly WrittenTensor[], metadata?: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = metadata ? { __metadata__: metadata } : {};
  let end = 0;
  for (const { name, dtype, shape, bytes } of tensors) header[name] = { dtype, shape, data_offsets: [end, (end += bytes.length)] };
  return writeRaw(JSON.stringify(header), tensors.map(({ bytes }) => bytes));
}

/** A file with this text as its header, whatever it says. */
export function writeRaw(header: string, data: readonly Uint8Array[] = []): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(header);
  const length = Math.ceil(json.length / 8) * 8;
  const file = new Uint8Array(8 + length + data.reduce((sum, { length: bytes }) => sum + bytes, 0)).fill(0x20, 8, 8 + length);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(json, 8);
  let position = 8 + length;
  for (const bytes of data) {
    file.set(bytes, position);
    position += bytes.length;
  }
  return file;
}

/** `length` bytes that differ from place to place and from seed to seed. */
export function patternBytes(length: number, seed = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + (i >> 8) * 7 + seed * 101) & 255);
}

/** A tensor of `length` bytes of dtype U8. */
export function byteTensor(name: string, length: number, seed = name.length): WrittenTensor {
  return { name, dtype: 'U8', shape: [length], bytes: patternBytes(length, seed) };
}
