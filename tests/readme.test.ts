import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { supportedModelTypes } from '../models/architectures/registry.ts';
import { modelTable, withModelTable } from '../scripts/model-table.mjs';
import { ROOT } from '../scripts/paths.mjs';

const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');

test('the README lists every model that can be loaded: `node scripts/model-table.mjs` writes it anew', () => {
  expect(withModelTable(readme, modelTable(supportedModelTypes))).toBe(readme);
});

test('a model that nobody has described is named', () => {
  expect(() => modelTable([...supportedModelTypes, 'new_model'])).toThrow('new_model');
  expect(() => modelTable(supportedModelTypes.slice(1))).toThrow(supportedModelTypes[0]);
});
