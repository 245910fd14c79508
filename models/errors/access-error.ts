import { SluiceError } from '../../engine/errors/sluice-error.ts';

/** The server refuses the file: HTTP 401 or 403. The message says what the user can do about it. */
export class AccessError extends SluiceError {
  readonly code = 'source/access-denied';
  readonly url: string;
  readonly status: number;

  constructor(message: string, { url, status }: { readonly url: string; readonly status: number }) {
    super(message);
    this.url = url;
    this.status = status;
  }
}
