// What the commands have in common: arguments, usage, exit codes.
import { statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** Arguments that make no sense; the command ends with its usage and exit code 2. */
export class UsageError extends Error {}

/**
 * @typedef {import('../web/worker/wire-error.ts').WireError} WireError
 * @typedef {Readonly<Record<string, string | undefined>>} Values
 */

/** What `--kv` may say. */
export const KV_FORMATS = /** @type {const} */ (['f32', 'f16', 'int8', 'int4']);

/**
 * The folder of a checkpoint on this machine, and its address in there: '' for the folder itself, else a file of llama.cpp or rwkv.cpp.
 * Undefined where `path` is neither.
 * @param {string} path
 */
export function checkpointAt(path) {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory()) return { folder: path, file: '' };
  return found?.isFile() && /\.(gguf|bin)$/i.test(path) ? { folder: dirname(path), file: encodeURIComponent(basename(path)) } : undefined;
}

/**
 * Runs a command: its result is the exit code; 2 with the usage for bad arguments, 1 with the message for any other error, 130 for Ctrl-C.
 * `--help` prints the usage.
 * @param {string} usage
 * @param {(args: string[], signal: AbortSignal) => Promise<number>} command
 */
export async function runCommand(usage, command) {
  const args = process.argv.slice(2);
  if (args.includes('--help') || args.includes('-h')) {
    console.log(usage);
    return;
  }
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => controller.abort());
  // The reader of a pipe may have had enough.
  process.stdout.on('error', () => controller.abort());
  try {
    process.exitCode = await command(args, controller.signal);
  } catch (error) {
    if (controller.signal.aborted) process.exitCode = 130;
    else process.exitCode = fail(error, usage);
  }
}

/**
 * @param {unknown} error
 * @param {string} usage
 */
function fail(error, usage) {
  const message = error instanceof Error ? error.message : String(error);
  const badArguments = error instanceof UsageError || (error instanceof Error && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'));
  console.error(badArguments ? `${message}\n\n${usage}` : message);
  return badArguments ? 2 : 1;
}

/**
 * Options that take a text, flags, and positional arguments. Throws for anything else.
 * @template {string} Text
 * @template {string} [Flag=never]
 * @param {readonly string[]} args
 * @param {readonly Text[]} texts
 * @param {readonly Flag[]} [flags]
 * @returns {{ values: Readonly<Partial<Record<Text, string>>>, flags: Readonly<Partial<Record<Flag, boolean>>>, positionals: string[] }}
 */
export function parse(args, texts, flags = []) {
  const options = Object.fromEntries([...texts.map((name) => [name, { type: 'string' }]), ...flags.map((name) => [name, { type: 'boolean' }])]);
  const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
  // Node's types follow options that are written out in place, which these are not.
  /** @type {unknown} */
  const parsed = values;
  return {
    values: /** @type {Readonly<Partial<Record<Text, string>>>} */ (parsed),
    flags: /** @type {Readonly<Partial<Record<Flag, boolean>>>} */ (parsed),
    positionals,
  };
}

/**
 * @template {string} Choice
 * @param {string} name
 * @param {string | undefined} text
 * @param {readonly Choice[]} choices
 * @returns {Choice | undefined}
 */
export function oneOf(name, text, choices) {
  if (text === undefined) return undefined;
  const choice = choices.find((candidate) => candidate === text);
  if (choice === undefined) throw new UsageError(`--${name} is ${text}, but must be one of ${choices.join(', ')}.`);
  return choice;
}

/**
 * @param {string} name
 * @param {string | undefined} text
 */
export function number(name, text) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new UsageError(`--${name} is ${text}, but must be a number.`);
  return value;
}

/**
 * @param {string} name
 * @param {string | undefined} text
 */
export function count(name, text) {
  const value = number(name, text);
  if (value !== undefined && (!Number.isSafeInteger(value) || value < 1)) throw new UsageError(`--${name} is ${text}, but must be a whole number from 1.`);
  return value;
}

/**
 * Without the options that were not given: the engine's own defaults are for what is absent, not for undefined.
 * @template {object} Options
 * @param {Options} options
 */
export function given(options) {
  const present = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return /** @type {{ [Key in keyof Options]?: Exclude<Options[Key], undefined> }} */ (present);
}

/**
 * An error of the page as one of this process; options that the engine refuses are bad arguments.
 * @param {WireError} error
 */
export function pageError({ code, message }) {
  return code === 'invalid-option' ? new UsageError(message) : new Error(`${message} [${code}]`);
}

/**
 * A folder's last two names: `arch/llama`.
 * @param {string} folder
 */
export function shortName(folder) {
  const path = resolve(folder);
  return join(basename(dirname(path)), basename(path)).replaceAll('\\', '/');
}
