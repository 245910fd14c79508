// Writes the README's table of models from the registry: `node scripts/model-table.mjs`.
import './require-node.mjs';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MODEL_NOTES } from './model-notes.mjs';
import { ROOT } from './paths.mjs';

const README = join(ROOT, 'README.md');
const [BEGIN, END] = ['<!-- models: written by scripts/model-table.mjs -->', '<!-- end of models -->'];

/** What the registry says that can be loaded. Vite reads the TypeScript. */
async function supportedModelTypes() {
  const { runnerImport } = await import('vite');
  const { module } = await runnerImport(join(ROOT, 'models/architectures/registry.ts'), { configFile: false, logLevel: 'error' });
  /** @type {readonly string[]} */
  const types = module.supportedModelTypes;
  return types;
}

/**
 * One row for each family: its values of `model_type`, published models of it, and what is particular.
 * @param {readonly string[]} modelTypes
 */
export function modelTable(modelTypes) {
  const described = MODEL_NOTES.flatMap(({ types }) => types);
  const unknown = described.filter((type) => !modelTypes.includes(type));
  if (unknown.length > 0) throw new Error(`scripts/model-notes.mjs describes what cannot be loaded: ${unknown.join(', ')}`);
  const silent = modelTypes.filter((type) => !described.includes(type));
  if (silent.length > 0) throw new Error(`scripts/model-notes.mjs does not describe ${silent.join(', ')}`);
  const rows = MODEL_NOTES.map(({ types, examples, notes }) => `| ${types.map((type) => `\`${type}\``).join(', ')} | ${examples} |${notes && ` ${notes}`} |`);
  return ['| `model_type` | for example | |', '|---|---|---|', ...rows].join('\n');
}

/**
 * A text with the table in place of what is between the two marks.
 * @param {string} text
 * @param {string} table
 */
export function withModelTable(text, table) {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md lacks the lines ${BEGIN} and ${END}`);
  return `${text.slice(0, begin + BEGIN.length)}\n${table}\n${text.slice(end)}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(README, withModelTable(readFileSync(README, 'utf8'), modelTable(await supportedModelTypes())));
}
