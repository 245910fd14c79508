import { CheckpointError } from '../errors/checkpoint-error.ts';

const START = new TextEncoder().encode('version https://git-lfs');

/**
 * Throws where a file's first bytes show that it is a Git LFS pointer: what a clone without Git LFS, or a server that
 * serves such a clone, has in place of a large file. https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
 */
export function checkNotPointer(file: string, head: Uint8Array): void {
  if (head.length < START.length || !START.every((byte, i) => head[i] === byte)) return;
  const size = /^size (\d+)$/m.exec(new TextDecoder().decode(head.subarray(0, 1024)))?.[1];
  throw new CheckpointError('git-lfs-pointer', `is a Git LFS pointer, not the file itself${size === undefined ? '' : ` of ${size} bytes`}; fetch the file with "git lfs pull", or download it from its repository's page`, { file });
}
