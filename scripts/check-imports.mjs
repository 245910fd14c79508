// The import rule: web → index.ts → models → engine → shaders, downwards only, no cycles, no Node in the page.
import { builtinModules } from 'node:module';
import { posix } from 'node:path';
import { parseSync } from 'vite';
import { isTest } from './source-files.mjs';

/** Layers from the bottom; a file may import its own layer and those before it. */
const LAYERS = ['shaders', 'engine', 'models', 'index.ts', 'web'];

/** @typedef {import('./source-files.mjs').SourceFile} SourceFile */

/** @param {string} path */
const layerOf = (path) => LAYERS.indexOf(path.split('/')[0]);

/**
 * What a module names in imports of every kind (`import type`, `export from`, `import()`), and in URLs of workers.
 * @param {SourceFile} file
 * @returns {string[]}
 */
function importedNames(file) {
  const text = file.text();
  const { module, errors } = parseSync(file.path, text);
  if (errors.length > 0) throw new Error(`${file.path}: ${errors[0].message}`);
  const exported = module.staticExports.flatMap(({ entries }) => entries.map(({ moduleRequest }) => moduleRequest?.value));
  const dynamic = module.dynamicImports.map(({ moduleRequest }) => /^(['"])(.*)\1$/.exec(text.slice(moduleRequest.start, moduleRequest.end))?.[2]);
  // Tests hold code in strings; in sources a worker's address is an import like any other.
  const workers = isTest(file.path) ? [] : Array.from(text.matchAll(/new URL\((['"])([^'"]+\.ts)\1,\s*import\.meta\.url\)/g), (match) => match[2]);
  const names = [...module.staticImports.map(({ moduleRequest }) => moduleRequest.value), ...exported, ...dynamic, ...workers];
  return [...new Set(names.filter((name) => name !== undefined))];
}

/**
 * Ways from a file back to itself, found depth first.
 * @param {Map<string, string[]>} graph
 * @returns {string[]}
 */
function cycles(graph) {
  /** @type {string[]} */
  const found = [];
  const done = new Set();
  /** @param {string} path @param {string[]} trail */
  const visit = (path, trail) => {
    if (trail.includes(path)) found.push([...trail.slice(trail.indexOf(path)), path].join(' → '));
    else if (!done.has(path)) {
      for (const next of graph.get(path) ?? []) visit(next, [...trail, path]);
      done.add(path);
    }
  };
  for (const path of graph.keys()) visit(path, []);
  return found.map((way) => `import cycle: ${way}`);
}

/**
 * Violations of the import rule, one sentence each.
 * @param {readonly SourceFile[]} files
 * @param {readonly string[]} packages that sources may import (package.json's `dependencies`)
 * @returns {string[]}
 */
export function checkImports(files, packages) {
  const known = new Set(files.map(({ path }) => path));
  /** @type {string[]} */
  const problems = [];
  /** @type {Map<string, string[]>} */
  const graph = new Map();
  for (const file of files.filter(({ path }) => /\.(ts|mjs)$/.test(path))) {
    const { path } = file;
    const layer = layerOf(path);
    const restricted = layer >= 0 && !isTest(path);
    /** @type {string[]} */
    const targets = [];
    for (const name of importedNames(file)) {
      if (!name.startsWith('.')) {
        const nodeModule = name.startsWith('node:') || builtinModules.includes(name);
        if (restricted && nodeModule) problems.push(`${path} imports ${name}: what runs in the page cannot use Node`);
        else if (restricted && !packages.some((allowed) => name === allowed || name.startsWith(`${allowed}/`))) problems.push(`${path} imports ${name}, which is not in package.json's dependencies`);
        continue;
      }
      const target = posix.join(posix.dirname(path), name.replace(/\?.*$/, ''));
      targets.push(target);
      if (!known.has(target)) problems.push(`${path} imports ${name}, but there is no ${target}`);
      if (isTest(target) && !isTest(path)) problems.push(`${path} imports ${target}: sources cannot depend on tests`);
      if (restricted && layerOf(target) > layer) problems.push(`${path} imports ${target}: imports go downwards only (${LAYERS.toReversed().join(' → ')})`);
      if (restricted && target.startsWith('scripts/')) problems.push(`${path} imports ${target}: scripts run in Node, sources in the page`);
    }
    graph.set(path, targets);
  }
  return [...problems, ...cycles(graph)];
}
