import { open, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';

const PIECE = 4 * 1024 * 1024;

/**
 * The files of a local folder, as the loader reads them.
 * @param {string} folder
 * @returns {import('../models/sources/source.ts').Source}
 */
export function folderSource(folder) {
  return {
    name: basename(resolve(folder)),
    async open(name, signal) {
      signal?.throwIfAborted();
      const path = join(folder, name);
      const info = await stat(path).catch(() => undefined);
      return info?.isFile() ? new FolderFile(name, path, info.size) : undefined;
    },
  };
}

/** A `SourceFile`. */
class FolderFile {
  ranged = true;

  /**
   * @param {string} name
   * @param {string} path
   * @param {number} size
   */
  constructor(name, path, size) {
    this.name = name;
    this.path = path;
    this.size = size;
  }

  /**
   * @param {number} start
   * @param {number} end
   * @param {AbortSignal} [signal]
   */
  async read(start, end, signal) {
    signal?.throwIfAborted();
    const bytes = new Uint8Array(end - start);
    const file = await open(this.path);
    try {
      for (let done = 0; done < bytes.length; ) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, start + done);
        if (bytesRead === 0) throw new Error(`${this.path} ended at byte ${start + done}, though it had ${this.size}: it was changed while it was read`);
        done += bytesRead;
      }
    } finally {
      await file.close();
    }
    signal?.throwIfAborted();
    return bytes;
  }

  /**
   * @param {number} start
   * @param {number} end
   * @param {AbortSignal} [signal]
   */
  async *stream(start, end, signal) {
    for (let position = start; position < end; position += PIECE) yield await this.read(position, Math.min(end, position + PIECE), signal);
  }
}
