import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

const IGNORED = /^(node_modules|dist|dist-bench|coverage|fixtures|\..*)$/;

/**
 * @typedef {object} SourceFile
 * @property {string} path relative to the root, with forward slashes
 * @property {() => string} text
 */

/**
 * Every file of the project that people write: no packages, build output, fixtures or dot folders.
 * @param {string} root
 * @param {string} [folder] relative to the root
 * @returns {SourceFile[]}
 */
export function sourceFiles(root, folder = '') {
  return readdirSync(join(root, folder))
    .filter((name) => !IGNORED.test(name))
    .sort()
    .flatMap((name) => {
      const path = folder ? `${folder}/${name}` : name;
      if (statSync(join(root, path)).isDirectory()) return sourceFiles(root, path);
      return [{ path, text: () => readFileSync(join(root, path), 'utf8') }];
    });
}

/** @param {string} path */
export const isTest = (path) => /\.test\.(ts|mjs)$/.test(path) || path.startsWith('tests/');
