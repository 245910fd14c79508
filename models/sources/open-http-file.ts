import { DownloadError, type DownloadProblem } from '../errors/download-error.ts';
import { parseContentRange } from './content-range.ts';
import { connect, type Connection, type HttpTarget } from './http-connection.ts';
import { HttpFile, retryOrThrow, type FirstLook } from './http-file.ts';
import { isEncoded, versionOf } from './http-version.ts';
import { Retries } from './retries.ts';

/** The first request asks for this much: most headers and all small JSON files then need no second one. */
const HEAD_BYTES = 64 * 1024;

/**
 * A server that ignores `Range` sends the whole file. Up to this size it is kept, which also settles its size where
 * the server compressed it; above it, the size has to come from `Content-Length` and the body is streamed when it is wanted.
 */
const WHOLE_BYTES = 32 * 1024 * 1024;

/**
 * Finds out a file's size with a range request (a HEAD request would not tell whether ranges work, and the Hub's
 * storage refuses its preflight). `undefined` where there is none: 404, 410, or a web page in its place, which is what
 * servers of single-page applications answer for any path they do not have.
 */
export async function openHttpFile(target: HttpTarget, signal?: AbortSignal): Promise<HttpFile | undefined> {
  const retries = new Retries(target.retry);
  for (;;) {
    try {
      const look = await lookOnce(target, signal);
      return look && new HttpFile(target, look);
    } catch (error) {
      await retryOrThrow(target, 0, error, retries, signal);
    }
  }
}

async function lookOnce(target: HttpTarget, signal: AbortSignal | undefined): Promise<FirstLook | undefined> {
  const connection = await connect(target, 0, HEAD_BYTES, signal);
  try {
    if (/^text\/html\b/i.test(connection.response.headers.get('Content-Type') ?? '')) return undefined;
    switch (connection.response.status) {
      case 200:
        return await lookAtWhole(target, connection);
      case 206:
        return await lookAtRange(target, connection, signal);
      case 416:
        return lookAtEmpty(target, connection);
      default:
        target.checkMissing?.(connection.response.headers.get('X-Error-Code'));
        return undefined;
    }
  } finally {
    connection.close();
  }
}

async function lookAtRange(target: HttpTarget, connection: Connection, signal: AbortSignal | undefined): Promise<FirstLook> {
  const { response } = connection;
  if (isEncoded(response)) throw failure(target, 'range', 'the server compressed a range, whose bytes then cannot be told apart; turn compression off for these files');
  const header = response.headers.get('Content-Range');
  const range = header === null ? undefined : parseContentRange(header);
  if (header !== null && range?.start !== 0) throw failure(target, 'range', `asked for bytes 0-${HEAD_BYTES - 1}, the server answered with Content-Range ${JSON.stringify(header)}`);
  const size = range?.size ?? (await sizeByLength(target, signal));
  const expected = Math.min(HEAD_BYTES, size);
  if (range && range.end !== expected) throw failure(target, 'range', `asked for bytes 0-${expected - 1}, the server answered with Content-Range ${JSON.stringify(header)}`);
  const { bytes: head, complete } = await readUpTo(connection, expected);
  if (!complete) throw failure(target, 'range', `the server sent more than the ${expected} bytes that were asked for`);
  if (head.length < expected) throw new Error(`the answer ended ${expected - head.length} bytes early`);
  return { size, ranged: true, head, version: versionOf(response), contentRangeHidden: header === null };
}

/** Asks for the file from its first byte on, only to see how long the answer would be. */
async function sizeByLength(target: HttpTarget, signal: AbortSignal | undefined): Promise<number> {
  const connection = await connect(target, 0, undefined, signal);
  connection.close();
  const size = declaredLength(connection.response);
  if (size === undefined) throw failure(target, 'size-unknown', 'the server shows neither Content-Range nor Content-Length; let it send "Access-Control-Expose-Headers: Content-Range"');
  return size;
}

async function lookAtWhole(target: HttpTarget, connection: Connection): Promise<FirstLook> {
  const { response } = connection;
  const version = versionOf(response);
  const size = declaredLength(response);
  if (size !== undefined && size > WHOLE_BYTES) {
    const { bytes } = await readUpTo(connection, HEAD_BYTES);
    return { size, ranged: false, head: bytes.subarray(0, HEAD_BYTES), version, contentRangeHidden: false };
  }
  const { bytes, complete } = await readUpTo(connection, WHOLE_BYTES);
  if (!complete) throw failure(target, 'size-unknown', `the server ignores Range and does not say the size of this file of over ${WHOLE_BYTES} bytes; let it honour Range or send Content-Length`);
  return { size: bytes.length, ranged: false, head: bytes, version, contentRangeHidden: false };
}

/** No range of an empty file can be satisfied. */
function lookAtEmpty(target: HttpTarget, { response }: Connection): FirstLook {
  const header = response.headers.get('Content-Range');
  if (header !== null && parseContentRange(header)?.size !== 0) throw failure(target, 'range', `the server cannot satisfy bytes 0-${HEAD_BYTES - 1} and says ${JSON.stringify(header)}`);
  return { size: 0, ranged: true, head: new Uint8Array(0), version: versionOf(response), contentRangeHidden: false };
}

function declaredLength(response: Response): number | undefined {
  const length = response.headers.get('Content-Length');
  return length === null || !/^\d{1,15}$/.test(length) || isEncoded(response) ? undefined : Number(length);
}

/** Reads a body until it ends or holds more than `limit` bytes. */
async function readUpTo(connection: Connection, limit: number): Promise<{ bytes: Uint8Array<ArrayBuffer>; complete: boolean }> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of connection.chunks()) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > limit) break;
  }
  const bytes = new Uint8Array(length);
  let position = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, position);
    position += chunk.length;
  }
  return { bytes, complete: length <= limit };
}

function failure({ file, url }: HttpTarget, problem: DownloadProblem, message: string): DownloadError {
  return new DownloadError(problem, message, { file, url, offset: 0 });
}
