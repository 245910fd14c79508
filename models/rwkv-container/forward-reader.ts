import { CheckpointError } from '../errors/checkpoint-error.ts';
import type { SourceFile } from '../sources/source.ts';

/** What is fetched at a time where it can be chosen: the headers of many small tensors, or one header before a large one. */
const WINDOW = 16 * 1024;

/**
 * Reads pieces of a file from front to back, and passes over what lies between: with requests of its own where those are cheap, else in one
 * stream, since each request would begin at the file's start again.
 */
export class ForwardReader {
  readonly #file: SourceFile;
  readonly #signal: AbortSignal | undefined;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Of the first of them. */
  #start = 0;
  #stream: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> | undefined;

  constructor(file: SourceFile, signal: AbortSignal | undefined) {
    this.#file = file;
    this.#signal = signal;
  }

  /** Bytes `start` to `start + count`, none of them before the `start` of the last call. Throws `CheckpointError` where the file is too short. */
  async read(start: number, count: number): Promise<Uint8Array<ArrayBuffer>> {
    const { name, size, ranged } = this.#file;
    const end = start + count;
    if (end > size) throw new CheckpointError('truncated', `ends at byte ${size}, within what should reach to byte ${end}; it is incomplete, download it again`, { file: name });
    if (end > this.#start + this.#bytes.length) {
      if (ranged) this.#keep(start, await this.#file.read(start, Math.min(size, Math.max(end, start + WINDOW)), this.#signal));
      else await this.#advance(start, end);
    }
    return this.#bytes.subarray(start - this.#start, end - this.#start);
  }

  /** Ends the stream, if there is one. */
  async close(): Promise<void> {
    await this.#stream?.return();
  }

  async #advance(start: number, end: number): Promise<void> {
    this.#stream ??= this.#file.stream(0, this.#file.size, this.#signal);
    while (this.#start + this.#bytes.length < end) {
      const { value, done } = await this.#stream.next();
      if (done) throw new CheckpointError('truncated', `ended before byte ${end}; download it again`, { file: this.#file.name });
      const kept = this.#bytes.subarray(Math.min(this.#bytes.length, start - this.#start));
      const joined = new Uint8Array(kept.length + value.length);
      joined.set(kept);
      joined.set(value, kept.length);
      this.#keep(this.#start + this.#bytes.length - kept.length, joined);
    }
  }

  #keep(start: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.#start = start;
    this.#bytes = bytes;
  }
}
