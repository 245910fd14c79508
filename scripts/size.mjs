// What a visitor downloads: sizes of the built scripts, and the budget of those that a chat needs.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { parseSync } from 'vite';
import { ROOT } from './paths.mjs';

/** Compressed bytes of all scripts that are needed to chat with a model in safetensors: element, engine, shaders, tokenizer and chat template. */
const BUDGET = 100_000;

/** @param {number} bytes */
const kilobytes = (bytes) => `${(bytes / 1000).toFixed(1)} KB`;

/** @param {string} folder @returns {string[]} */
const scriptsIn = (folder) => (existsSync(folder) ? readdirSync(folder).filter((file) => /\.(js|css|html)$/.test(file)) : []);

/** Prints every file, compressed and not. @param {string} folder */
export function reportSizes(folder) {
  for (const name of [...scriptsIn(folder), ...scriptsIn(join(folder, 'sluice')).map((file) => `sluice/${file}`)]) {
    const bytes = readFileSync(join(folder, name));
    console.log(`${name}: ${kilobytes(bytes.length)}, compressed ${kilobytes(gzipSync(bytes).length)}`);
  }
}

/**
 * The script and all that it imports at once, directly or not.
 * @param {string} folder
 * @param {string} name
 * @param {Set<string>} [found]
 */
export function withImports(folder, name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  const { staticImports, staticExports } = parseSync(name, readFileSync(join(folder, name), 'utf8')).module;
  const requests = [...staticImports.map(({ moduleRequest }) => moduleRequest.value), ...staticExports.flatMap(({ entries }) => entries.map(({ moduleRequest }) => moduleRequest?.value))];
  for (const request of requests) if (request !== undefined) withImports(folder, posix.join(posix.dirname(name), request), found);
  return found;
}

/**
 * The built scripts by when a page fetches them: with the element and a first model, with a model that has a chat template, or with what few models need.
 * @param {string} folder
 */
export function downloads(folder) {
  const neighbours = scriptsIn(join(folder, 'sluice')).map((file) => `sluice/${file}`);
  /** @param {string} part */
  const named = (part) => {
    const name = neighbours.find((file) => file.startsWith(`sluice/${part}-`));
    if (name === undefined) throw new Error(`${folder} holds no sluice/${part}-….js: run npm run build`);
    return name;
  };
  const always = new Set([...withImports(folder, 'sluice.js'), ...withImports(folder, named('engine'))]);
  const chat = [...withImports(folder, named('jinja-template'))].filter((name) => !always.has(name));
  return { always: [...always], chat, rarely: neighbours.filter((name) => !always.has(name) && !chat.includes(name)) };
}

/** Whether the scripts of a chat keep their budget; says by how much they do or do not, and what they are. */
export function checkBudget(folder = join(ROOT, 'dist')) {
  const { always, chat, rarely } = downloads(folder);
  /** @param {string} name */
  const size = (name) => gzipSync(readFileSync(join(folder, name))).length;
  /** @param {readonly string[]} names */
  const total = (names) => names.reduce((sum, name) => sum + size(name), 0);
  /** @param {readonly string[]} names */
  const list = (names) => names.map((name) => `${name} ${kilobytes(size(name))}`).join(', ');
  const chatTotal = total([...always, ...chat]);
  const within = chatTotal <= BUDGET;
  console.log(`To continue a text: ${kilobytes(total(always))} compressed (${list(always)})`);
  console.log(`To chat: ${kilobytes(chatTotal)} (${list(chat)} more), ${within ? 'within' : 'over'} the budget of ${kilobytes(BUDGET)}`);
  console.log(`Where a model or an option asks for it: ${list(rarely)}`);
  return within;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = checkBudget() ? 0 : 1;
