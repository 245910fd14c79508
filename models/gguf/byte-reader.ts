/** There are not enough bytes yet; `end` is where the next attempt must at least reach to. */
export class OutOfBytes extends Error {
  readonly end: number;

  constructor(end: number) {
    super(`bytes up to ${end} are needed`);
    this.end = end;
  }
}

/** Little-endian values one after the other, from the first bytes of a file. */
export class ByteReader {
  readonly bytes: Uint8Array<ArrayBuffer>;
  position = 0;
  readonly #view: DataView;
  readonly #text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  constructor(bytes: Uint8Array<ArrayBuffer>) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Steps over `count` bytes and returns where they begin. Throws `OutOfBytes`. */
  skip(count: number): number {
    const start = this.position;
    this.expect(count);
    this.position += count;
    return start;
  }

  /** Throws `OutOfBytes` unless `count` more bytes are there. */
  expect(count: number): void {
    if (this.position + count > this.bytes.length) throw new OutOfBytes(this.position + count);
  }

  u8 = (): number => this.#view.getUint8(this.skip(1));
  i8 = (): number => this.#view.getInt8(this.skip(1));
  u16 = (): number => this.#view.getUint16(this.skip(2), true);
  i16 = (): number => this.#view.getInt16(this.skip(2), true);
  u32 = (): number => this.#view.getUint32(this.skip(4), true);
  i32 = (): number => this.#view.getInt32(this.skip(4), true);
  f32 = (): number => this.#view.getFloat32(this.skip(4), true);
  f64 = (): number => this.#view.getFloat64(this.skip(8), true);

  /** Undefined where a number cannot hold it exactly. */
  u64 = (): number | undefined => {
    const low = this.u32();
    return safe(this.u32() * 2 ** 32 + low);
  };

  /** Undefined where a number cannot hold it exactly. */
  i64 = (): number | undefined => {
    const low = this.u32();
    return safe(this.i32() * 2 ** 32 + low);
  };

  /** UTF-8 text of `count` bytes; undefined where they are none. */
  text(count: number): string | undefined {
    const start = this.skip(count);
    try {
      return this.#text.decode(this.bytes.subarray(start, start + count));
    } catch {
      // Not lost: the caller knows what the text was for and raises the error.
      return undefined;
    }
  }
}

const safe = (value: number): number | undefined => (Number.isSafeInteger(value) ? value : undefined);
