import { SluiceError } from '../../engine/errors/sluice-error.ts';

/**
 * - `interrupted`: the connection failed, broke or stalled more often than it was retried
 * - `status`: the server answered with an HTTP status that is no success
 * - `range`: the server sent other bytes than were asked for
 * - `changed`: the file is no longer the one whose first bytes were read
 * - `size-unknown`: the server does not say how large the file is
 */
export type DownloadProblem = 'interrupted' | 'status' | 'range' | 'changed' | 'size-unknown';

export interface DownloadErrorDetails extends ErrorOptions {
  readonly file: string;
  readonly url: string;
  readonly offset: number;
  readonly status?: number;
}

/** A file could not be downloaded. `interrupted` and some `status` may work later; the others need a change of the server or its files. */
export class DownloadError extends SluiceError {
  readonly code: `download/${DownloadProblem}`;
  /** Path inside the source. */
  readonly file: string;
  readonly url: string;
  /** The first byte of the file that is missing. */
  readonly offset: number;
  /** HTTP status of the last answer, where there was one. */
  readonly status: number | undefined;

  constructor(problem: DownloadProblem, message: string, { file, url, offset, status, ...options }: DownloadErrorDetails) {
    super(`Downloading ${file} failed at byte ${offset}: ${message} (${url})`, options);
    this.code = `download/${problem}`;
    this.file = file;
    this.url = url;
    this.offset = offset;
    this.status = status;
  }
}
