/** Throws a `RangeError` unless `start` to `end` lies inside a file of `size` bytes. */
export function checkRange(name: string, start: number, end: number, size: number): void {
  if (!(Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start <= end && end <= size)) {
    throw new RangeError(`${name}: bytes ${start} to ${end} are not inside its ${size} bytes`);
  }
}

/** Puts a stream of exactly `length` bytes into one buffer. */
export async function collect(stream: AsyncIterable<Uint8Array>, length: number): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let position = 0;
  for await (const piece of stream) {
    bytes.set(piece, position);
    position += piece.length;
  }
  if (position !== length) throw new RangeError(`a stream of ${position} bytes where ${length} were promised`);
  return bytes;
}
