// Brings node_modules into line with package-lock.json, and does nothing where it already is.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

/** @typedef {{ version?: string, optional?: boolean }} LockedPackage */

/**
 * Entries of a lock file by their folder; an empty object where the file does not exist.
 * @param {string} path
 * @returns {Record<string, LockedPackage>}
 */
function lockedPackages(path) {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {};
}

/**
 * Folders that `npm ci` would have to add or change. Packages for other platforms are optional and may be absent.
 * @param {string} root folder that holds package-lock.json
 * @returns {string[]}
 */
export function stalePackages(root) {
  const installed = lockedPackages(join(root, 'node_modules/.package-lock.json'));
  return Object.entries(lockedPackages(join(root, 'package-lock.json')))
    .filter(([folder]) => folder !== '')
    .filter(([folder, { version, optional }]) => {
      const present = installed[folder];
      return present ? present.version !== version || !existsSync(join(root, folder)) : !optional;
    })
    .map(([folder]) => folder);
}

/** Runs `npm ci` where packages are missing or of another version than locked; throws where that fails. */
export function installPackages() {
  const stale = stalePackages(ROOT);
  if (stale.length === 0) return;
  // To stderr, like all that npm says: commands print results on stdout.
  console.error('Installing packages …');
  const running = process.env.npm_execpath;
  // NODE_ENV=production would leave the development packages out; a script is run by the npm that started it.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  /** @type {import('node:child_process').SpawnSyncOptions} */
  const options = { cwd: ROOT, stdio: ['ignore', 2, 2] };
  const { status, error } = running?.endsWith('npm-cli.js')
    ? spawnSync(process.execPath, [running, ...args], options)
    : spawnSync('npm', args, { ...options, shell: process.platform === 'win32' });
  if (status !== 0) throw new Error('`npm ci` failed (see above): the packages could not be installed. Check the network connection and run the command again.', { cause: error });
}
