import { SluiceError } from '../../engine/errors/sluice-error.ts';

/** The browser can no longer read a local file, usually because it was changed, moved or unmounted after it was chosen. */
export class FileReadError extends SluiceError {
  readonly code = 'file/unreadable';
  readonly file: string;
  /** The first byte that could not be read. */
  readonly offset: number;

  constructor(file: string, offset: number, cause: unknown) {
    super(`${file} cannot be read at byte ${offset}: ${cause instanceof Error ? cause.message : String(cause)}. If it changed since you chose it, choose it again.`, { cause });
    this.file = file;
    this.offset = offset;
  }
}
