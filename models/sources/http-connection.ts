import { AccessError } from '../errors/access-error.ts';
import { DownloadError } from '../errors/download-error.ts';
import type { RetryPolicy } from './retries.ts';

/** One file on a server. */
export interface HttpTarget {
  /** Path inside the source. */
  readonly file: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly retry: RetryPolicy;
  /** What happened and what the user can do about it when the server refuses the file (401, 403). */
  readonly explainRefusal: (status: number, errorCode: string | null) => string;
  /** Throws where a 404 means more than that this one file is not there. */
  readonly checkMissing?: (errorCode: string | null) => void;
}

/** A status that may pass: too many requests, a timeout, or a fault of the server. */
export class TransientStatus extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`the server answered ${status}`);
    this.status = status;
  }
}

/** An answered GET whose body has not been read: 200, 206, 404, 410 or 416. */
export interface Connection {
  readonly response: Response;
  /** The body; rejects when the connection breaks or nothing arrives for the policy's `stallMs`. */
  chunks(): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined>;
  /** Ends the transfer if it still runs. */
  close(): void;
}

/**
 * Asks once for bytes `start` to `end` (exclusive; the rest of the file where `undefined`). Errors of the engine are
 * final; any other error may be retried.
 *
 * The request stays within what CORS lets through without a preflight, which the Hub's storage host does not answer:
 * GET, a simple `Range`, and therefore no `If-Range`. https://fetch.spec.whatwg.org/#cors-safelisted-request-header
 */
export async function connect(target: HttpTarget, start: number, end: number | undefined, signal: AbortSignal | undefined): Promise<Connection> {
  signal?.throwIfAborted();
  const { stallMs } = target.retry;
  const controller = new AbortController();
  const stalled = (): void => controller.abort(new Error(`nothing arrived for ${stallMs / 1000} s`));
  const watched = async <T>(promise: Promise<T>): Promise<T> => {
    const timer = setTimeout(stalled, stallMs);
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
    }
  };
  const response = await watched(
    fetch(target.url, {
      headers: { ...target.headers, Range: `bytes=${start}-${end === undefined ? '' : end - 1}` },
      signal: signal ? AbortSignal.any([signal, controller.signal]) : controller.signal,
    }),
  );
  const close = (): void => controller.abort();
  try {
    checkStatus(target, start, response);
  } catch (error) {
    close();
    throw error;
  }
  return {
    response,
    close,
    async *chunks() {
      if (!response.body) return;
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await watched(reader.read());
        if (done) return;
        if (value.length > 0) yield value;
      }
    },
  };
}

function checkStatus({ file, url, explainRefusal }: HttpTarget, offset: number, response: Response): void {
  const { status } = response;
  if (status === 200 || status === 206 || status === 404 || status === 410 || status === 416) return;
  if (status === 401 || status === 403) throw new AccessError(explainRefusal(status, response.headers.get('X-Error-Code')), { url, status });
  if (status === 408 || status === 429 || status >= 500) throw new TransientStatus(status);
  throw new DownloadError('status', `the server answered ${status}`, { file, url, offset, status });
}
