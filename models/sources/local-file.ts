import { FileReadError } from '../errors/file-read-error.ts';
import { checkRange } from './range.ts';
import type { SourceFile } from './source.ts';

/** Bytes of one piece of a stream: large enough that a call per piece costs nothing. */
const PIECE = 4 * 1024 * 1024;

/** A file of this computer. Reads reject with `FileReadError`. */
export class LocalFile implements SourceFile {
  readonly name: string;
  readonly size: number;
  readonly ranged = true;
  readonly #blob: Blob;

  constructor(name: string, blob: Blob) {
    this.name = name;
    this.size = blob.size;
    this.#blob = blob;
  }

  async read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(this.name, start, end, this.size);
    signal?.throwIfAborted();
    let bytes: Uint8Array<ArrayBuffer>;
    try {
      bytes = new Uint8Array(await this.#blob.slice(start, end).arrayBuffer());
    } catch (cause) {
      throw new FileReadError(this.name, start, cause);
    }
    signal?.throwIfAborted();
    if (bytes.length !== end - start) throw new FileReadError(this.name, start + bytes.length, new Error(`it ended ${end - start - bytes.length} bytes early`));
    return bytes;
  }

  async *stream(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    checkRange(this.name, start, end, this.size);
    for (let position = start; position < end; position += PIECE) {
      yield await this.read(position, Math.min(end, position + PIECE), signal);
    }
  }
}
