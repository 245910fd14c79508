// Writes a folder that appears whole or not at all.
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { mkdir, open, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';

/**
 * Why `out` cannot be written from what is in `source`, or undefined.
 * @param {string} out
 * @param {string} source
 * @param {boolean} force
 */
export function refusal(out, source, force) {
  const [target, original] = [existing(out), realpathSync(source)];
  if (target === original) return `--out is ${out}, the folder that is read: name another one.`;
  if (`${target}${sep}`.startsWith(original + sep) || `${original}${sep}`.startsWith(target + sep)) return `--out is ${out}, but neither folder can be inside the other.`;
  if (!existsSync(out)) return undefined;
  if (!statSync(out).isDirectory()) return `${out} is a file; name a folder that does not exist yet.`;
  if (readdirSync(out).length > 0 && !force) return `${out} exists and is not empty; --force replaces it and all that is in it.`;
  return undefined;
}

/** The real path of what may not exist yet. @param {string} path @returns {string} */
function existing(path) {
  const absolute = resolve(path);
  return existsSync(absolute) || dirname(absolute) === absolute ? realpathSync(absolute) : join(existing(dirname(absolute)), absolute.slice(dirname(absolute).length));
}

/** Files of a folder that is being written beside its final place. */
export class NewFolder {
  /** Where the files are for now. */
  path;
  #out;
  /** @type {Map<string, import('node:fs/promises').FileHandle>} */
  #files = new Map();

  /** @param {string} out */
  constructor(out) {
    this.#out = resolve(out);
    this.path = `${this.#out}.${process.pid}.tmp`;
  }

  async create() {
    await mkdir(dirname(this.#out), { recursive: true });
    await mkdir(this.path);
  }

  /**
   * Appends to a file. Rejects with the file's name where that fails.
   * @param {string} name
   * @param {Uint8Array} bytes
   */
  async append(name, bytes) {
    try {
      let file = this.#files.get(name);
      if (!file) {
        file = await open(join(this.path, name), 'wx');
        this.#files.set(name, file);
      }
      await file.appendFile(bytes);
    } catch (cause) {
      throw new Error(`Writing ${name} failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    }
  }

  /** Puts the folder at its place; what was there goes. */
  async finish() {
    for (const file of this.#files.values()) {
      await file.sync();
      await file.close();
    }
    this.#files.clear();
    if (!existsSync(this.#out)) return rename(this.path, this.#out);
    if (readdirSync(this.#out).length === 0) {
      await rmdir(this.#out);
      return rename(this.path, this.#out);
    }
    const replaced = `${this.path}.old`;
    await rename(this.#out, replaced);
    await rename(this.path, this.#out);
    return rm(replaced, { recursive: true });
  }

  /** Leaves nothing behind. */
  async discard() {
    for (const file of this.#files.values()) await file.close().catch(() => undefined);
    await rm(this.path, { recursive: true, force: true });
  }
}
