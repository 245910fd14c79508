import { CheckpointError } from '../errors/checkpoint-error.ts';
import type { SourceFile } from '../sources/source.ts';

/** What is fetched at a time where it can be chosen: the headers of many small tensors, or one header before a large one. */
const WINDOW = 16 * 1024;
/** Bytes at a place where a piece is likely to begin. */
const PIECE = 512;
/** Requests for likely pieces that run at once. */
const AT_ONCE = 6;

interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads pieces of a file from front to back, and passes over what lies between: with requests of its own where those are cheap, else in one
 * stream, since each request would begin at the file's start again.
 */
export class ForwardReader {
  readonly #file: SourceFile;
  readonly #closed = new AbortController();
  readonly #signal: AbortSignal;
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  /** Of the first of them. */
  #start = 0;
  #stream: AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> | undefined;
  /** What is likely to be read next, in order, and the requests for the first of these. */
  #likely: Range[] = [];
  readonly #coming = new Map<Range, Promise<Uint8Array<ArrayBuffer>>>();

  constructor(file: SourceFile, signal: AbortSignal | undefined) {
    this.#file = file;
    this.#signal = signal ? AbortSignal.any([signal, this.#closed.signal]) : this.#closed.signal;
  }

  /** Bytes `start` to `start + count`, none of them before the `start` of the last call. Throws `CheckpointError` where the file is too short. */
  async read(start: number, count: number): Promise<Uint8Array<ArrayBuffer>> {
    const { name, size, ranged } = this.#file;
    const end = start + count;
    if (end > size) throw new CheckpointError('truncated', `ends at byte ${size}, within what should reach to byte ${end}; it is incomplete, download it again`, { file: name });
    if (end > this.#start + this.#bytes.length) {
      if (ranged) await this.#request(start, end);
      else await this.#advance(start, end);
    }
    return this.#bytes.subarray(start - this.#start, end - this.#start);
  }

  /** Says where pieces are likely to begin, in order, so that requests for them need not wait for each other. The first wrong guess is the last. */
  expect(starts: readonly number[]): void {
    if (!this.#file.ranged) return;
    const end = (start: number): number => Math.min(this.#file.size, start + PIECE);
    for (const start of starts) {
      const last = this.#likely.at(-1);
      if (start >= this.#file.size || (last && start < last.start)) return;
      if (last && end(start) - last.start <= WINDOW) this.#likely[this.#likely.length - 1] = { start: last.start, end: end(start) };
      else this.#likely.push({ start, end: end(start) });
    }
    this.#requestLikely();
  }

  /** Ends all transfers. */
  async close(): Promise<void> {
    this.#closed.abort();
    await Promise.allSettled([...this.#coming.values(), this.#stream?.return()]);
  }

  async #request(start: number, end: number): Promise<void> {
    for (const past of this.#likely.filter((range) => range.end < end)) this.#coming.delete(past);
    this.#likely = this.#likely.filter((range) => range.end >= end);
    this.#requestLikely();
    const [next] = this.#likely;
    const coming = next && next.start <= start ? this.#coming.get(next) : undefined;
    if (coming) return this.#keep(next.start, await coming);
    // What was guessed is not there: no more of it is asked for.
    this.#likely = [];
    this.#keep(start, await this.#file.read(start, Math.min(this.#file.size, Math.max(end, start + WINDOW)), this.#signal));
  }

  #requestLikely(): void {
    for (const range of this.#likely.slice(0, AT_ONCE)) {
      if (this.#coming.has(range)) continue;
      const request = this.#file.read(range.start, range.end, this.#signal);
      // Its failure is thrown when its turn comes; until then it is no unhandled rejection.
      request.catch(() => undefined);
      this.#coming.set(range, request);
    }
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
