// Rules of this repository that no general linter knows. Each returns one sentence per violation.
import { isTest } from './source-files.mjs';

/** @typedef {import('./source-files.mjs').SourceFile} SourceFile */

const MOST_LINES = 400;
/** Folders in shaders/ whose WGSL is no operator of its own. */
const SHARED_SHADERS = ['common', 'dequant', 'kv'];
/** Model files are named after the checkpoint's `model_type`. */
const SNAKE_CASE = /^models\/architectures\//;

/** @param {readonly SourceFile[]} files */
export function checkLength(files) {
  return files
    .filter(({ path }) => /\.(ts|mjs|wgsl|css|html)$/.test(path))
    .map(({ path, text }) => ({ path, lines: text().trimEnd().split('\n').length }))
    .filter(({ lines }) => lines > MOST_LINES)
    .map(({ path, lines }) => `${path} has ${lines} lines: split it by concept (at most ${MOST_LINES}, better under 200)`);
}

/** @param {readonly SourceFile[]} files */
export function checkNames(files) {
  return files
    .filter(({ path }) => /\.(ts|mjs|wgsl|css|html)$/.test(path))
    .filter(({ path }) => !(SNAKE_CASE.test(path) ? /^[a-z0-9_.-]+$/ : /^[a-z0-9.-]+$/).test(path.split('/').at(-1) ?? ''))
    .map(({ path }) => `${path}: file names are kebab-case`);
}

/** @param {readonly SourceFile[]} files */
export function checkWgsl(files) {
  return files
    .filter(({ path, text }) => path.endsWith('.ts') && !isTest(path) && text().includes('@compute'))
    .map(({ path }) => `${path} holds WGSL: move it into a .wgsl file and import that with ?raw`);
}

/** The linter sees comments in scripts only. @param {readonly SourceFile[]} files */
export function checkOpenTasks(files) {
  return files
    .filter(({ path, text }) => /\.(wgsl|css|html)$/.test(path) && /\b(TODO|FIXME|XXX)\b/.test(text()))
    .map(({ path }) => `${path} holds an open task in a comment: do it, or open an issue`);
}

/** @param {readonly SourceFile[]} files */
export function checkKernels(files) {
  const known = new Map(files.map((file) => [file.path, file]));
  const registry = known.get('shaders/cases.ts')?.text() ?? '';
  const folders = new Set(files.map(({ path }) => /^shaders\/([^/]+)\/[^/]+\.wgsl$/.exec(path)?.[1] ?? '').filter((folder) => folder && !SHARED_SHADERS.includes(folder)));
  return [...folders].flatMap((folder) => [
    ...['reference.ts', 'cases.ts'].filter((name) => !known.has(`shaders/${folder}/${name}`)).map((name) => `shaders/${folder} has no ${name}: a kernel without one is untested`),
    ...(registry.includes(`'./${folder}/cases.ts'`) ? [] : [`shaders/cases.ts does not import ./${folder}/cases.ts: its cases never run`]),
  ]);
}

/**
 * The lock file must serve with any registry and on any platform. Addresses bind it to the registry that it was made with; and where npm
 * finds no binary for some platform, it leaves that out in silence, after which `npm ci` fails.
 * @param {string} lockFile
 */
export function checkLockFile(lockFile) {
  /** @type {Record<string, { resolved?: string, optionalDependencies?: Record<string, string> }>} */
  const packages = JSON.parse(lockFile).packages;
  return Object.entries(packages).flatMap(([folder, { resolved, optionalDependencies = {} }]) => [
    ...(resolved?.startsWith('http') ? [`package-lock.json: ${folder} holds a "resolved" address; install with omit-lockfile-registry-resolved=true, which .npmrc sets`] : []),
    ...Object.keys(optionalDependencies)
      .filter((name) => !packages[`node_modules/${name}`] && !packages[`${folder}/node_modules/${name}`])
      .map((name) => `package-lock.json: ${folder} needs ${name} on another platform; take a version of it that is published for all, and lock again`),
  ]);
}

/**
 * @param {readonly SourceFile[]} files
 * @param {string} lockFile text of package-lock.json
 */
export function checkHouseRules(files, lockFile) {
  return [...[checkLength, checkNames, checkWgsl, checkOpenTasks, checkKernels].flatMap((check) => check(files)), ...checkLockFile(lockFile)];
}
