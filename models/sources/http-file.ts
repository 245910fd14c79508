import { SluiceError } from '../../engine/errors/sluice-error.ts';
import { DownloadError, type DownloadProblem } from '../errors/download-error.ts';
import { parseContentRange } from './content-range.ts';
import { connect, TransientStatus, type HttpTarget } from './http-connection.ts';
import { isEncoded, sameVersion, versionOf, type Version } from './http-version.ts';
import { checkRange, collect } from './range.ts';
import { Retries } from './retries.ts';
import type { SourceFile } from './source.ts';

/** What the first request told about a file. */
export interface FirstLook {
  readonly size: number;
  readonly ranged: boolean;
  /** The file's first bytes, possibly all of them. */
  readonly head: Uint8Array<ArrayBuffer>;
  readonly version: Version;
  /** A server of another origin that does not expose `Content-Range`: answers are then checked by their length alone. */
  readonly contentRangeHidden: boolean;
}

/** A file read by HTTP range requests. A broken transfer goes on from the byte where it broke. */
export class HttpFile implements SourceFile {
  readonly name: string;
  readonly size: number;
  readonly ranged: boolean;
  readonly #target: HttpTarget;
  readonly #look: FirstLook;

  constructor(target: HttpTarget, look: FirstLook) {
    this.name = target.file;
    this.size = look.size;
    this.ranged = look.ranged;
    this.#target = target;
    this.#look = look;
  }

  async read(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
    checkRange(this.name, start, end, this.size);
    return collect(this.stream(start, end, signal), end - start);
  }

  async *stream(start: number, end: number, signal?: AbortSignal): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    checkRange(this.name, start, end, this.size);
    const { head } = this.#look;
    let position = start;
    if (position < Math.min(end, head.length)) {
      const known = head.subarray(position, Math.min(end, head.length));
      position += known.length;
      yield known;
    }
    const retries = new Retries(this.#target.retry);
    while (position < end) {
      try {
        for await (const piece of this.#attempt(position, end, signal)) {
          position += piece.length;
          retries.received(piece.length);
          yield piece;
        }
        if (position < end) throw new Error(`the answer ended ${end - position} bytes early`);
      } catch (error) {
        await retryOrThrow(this.#target, position, error, retries, signal);
      }
    }
  }

  async *#attempt(start: number, end: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
    const connection = await connect(this.#target, start, end, signal);
    try {
      let skip = this.#bytesBefore(connection.response, start, end);
      const whole = connection.response.status === 200;
      let left = end - start;
      for await (const chunk of connection.chunks()) {
        if (chunk.length <= skip) {
          skip -= chunk.length;
          continue;
        }
        const wanted = chunk.subarray(skip, skip + left);
        if (!whole && wanted.length < chunk.length) throw this.#error('range', `the server sent more than the ${end - start} bytes that were asked for`, start);
        skip = 0;
        left -= wanted.length;
        if (wanted.length > 0) yield wanted;
        // The rest of a whole file is not wanted. A range is read to its end, so that the connection can be used again.
        if (whole && left === 0) return;
      }
    } finally {
      connection.close();
    }
  }

  /** Checks an answer's headers; how many bytes of its body come before `start`. */
  #bytesBefore(response: Response, start: number, end: number): number {
    const { size, version, contentRangeHidden } = this.#look;
    const { status, headers } = response;
    if (status !== 200 && status !== 206) throw this.#error(status === 416 ? 'changed' : 'status', `the server answered ${status} for a file that it served before`, start, status);
    if (!sameVersion(version, versionOf(response))) throw this.#error('changed', 'the file on the server changed during the download; load it again', start);
    const length = headers.get('Content-Length');
    if (status === 200) {
      if (length !== null && !isEncoded(response) && Number(length) !== size) {
        throw this.#error('changed', `the file had ${size} bytes and now has ${length}; load it again`, start);
      }
      return start;
    }
    if (isEncoded(response)) throw this.#error('range', 'the server compressed a range, whose bytes then cannot be told apart; turn compression off for these files', start);
    const header = headers.get('Content-Range');
    const range = header === null ? undefined : parseContentRange(header);
    if (header === null && contentRangeHidden) {
      if (length !== null && Number(length) !== end - start) throw this.#error('range', `asked for ${end - start} bytes, the server sends ${length}`, start);
    } else if (range?.start !== start || range.end !== end) {
      throw this.#error('range', `asked for bytes ${start}-${end - 1}, the server answered with Content-Range ${JSON.stringify(header)}`, start);
    } else if (range.size !== undefined && range.size !== size) {
      throw this.#error('changed', `the file had ${size} bytes and now has ${range.size}; load it again`, start);
    }
    return 0;
  }

  #error(problem: DownloadProblem, message: string, offset: number, status?: number): DownloadError {
    return new DownloadError(problem, message, { file: this.name, url: this.#target.url, offset, ...(status === undefined ? {} : { status }) });
  }
}

/** Returns after the pause before the next attempt, or throws: the engine's own errors at once, others once retries are used up. */
export async function retryOrThrow(target: HttpTarget, offset: number, cause: unknown, retries: Retries, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  if (cause instanceof SluiceError) throw cause;
  if (await retries.next(signal)) return;
  const { file, url } = target;
  const tries = `${retries.attempts} attempt${retries.attempts === 1 ? '' : 's'}`;
  if (cause instanceof TransientStatus) throw new DownloadError('status', `${cause.message}, ${tries}`, { file, url, offset, status: cause.status, cause });
  const reason = cause instanceof Error ? cause.message : String(cause);
  // A page is not told why a fetch failed; a missing CORS header looks like a missing network.
  const advice = 'check the network, and for a server of another origin that it allows cross-origin requests';
  throw new DownloadError('interrupted', `${reason}, ${tries}; ${advice}`, { file, url, offset, cause });
}
