import { CheckpointError } from '../errors/checkpoint-error.ts';
import { checkNotPointer } from '../sources/git-lfs-pointer.ts';
import type { SourceFile } from '../sources/source.ts';

/**
 * A whole UTF-8 file.
 *
 * @throws CheckpointError where it is no UTF-8, begins with a byte order mark, or is a Git LFS pointer.
 */
export async function readText(file: SourceFile, signal?: AbortSignal): Promise<string> {
  const bytes = await file.read(0, file.size, signal);
  checkNotPointer(file.name, bytes);
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw new CheckpointError('text-encoding', 'begins with a byte order mark at byte 0; save it as UTF-8 without one', { file: file.name });
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new CheckpointError('text-encoding', `is not UTF-8 text${bytes[1] === 0 || bytes[0] === 0xff || bytes[0] === 0xfe ? ', it looks like UTF-16' : ''}; save it as UTF-8`, { file: file.name, cause });
  }
}
