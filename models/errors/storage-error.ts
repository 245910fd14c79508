import { SluiceError } from '../../engine/errors/sluice-error.ts';

/** The browser's storage did not take or give what was to be kept. What is on the GPU is not concerned. */
export class StorageError extends SluiceError {
  readonly code = 'storage';
  /** `quota`: there is no room left; `unavailable`: there is none, as in some private windows, or it failed. */
  readonly reason: 'quota' | 'unavailable';

  constructor(cause: unknown) {
    const quota = cause instanceof DOMException && cause.name === 'QuotaExceededError';
    const detail = cause instanceof Error ? ` (${cause.message})` : '';
    super(quota ? `The browser has no room to keep this${detail}. Delete cached prefixes or other data of this site, or do without \`persist\`.` : `The browser's storage cannot be used${detail}. Do without \`persist\`, or allow this site to store data.`, { cause });
    this.reason = quota ? 'quota' : 'unavailable';
  }
}
