import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { uniform } from '../shaders/random.ts';
import { checkBudget, downloads, withImports } from './size.mjs';

const folder = mkdtempSync(join(tmpdir(), 'sluice-size-'));

beforeAll(() => {
  mkdirSync(join(folder, 'sluice'));
  const files = {
    'sluice.js': 'const engine = new URL("sluice/engine-1.js", import.meta.url);',
    'sluice/engine-1.js': 'import { a } from "./shared-1.js"; const later = () => import("./gpt2-1.js");',
    'sluice/shared-1.js': 'export const a = 1;',
    'sluice/jinja-template-1.js': 'export * from "./lexer-1.js"; import "./engine-1.js";',
    'sluice/lexer-1.js': 'import "./jinja-template-1.js"; export const b = 1;',
    'sluice/gpt2-1.js': 'import "./engine-1.js";',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true }));

test('what a script imports at once counts with it, what it imports later does not', () => {
  expect([...withImports(folder, 'sluice/engine-1.js')]).toEqual(['sluice/engine-1.js', 'sluice/shared-1.js']);
  expect(downloads(folder)).toEqual({
    always: ['sluice.js', 'sluice/engine-1.js', 'sluice/shared-1.js'],
    chat: ['sluice/jinja-template-1.js', 'sluice/lexer-1.js'],
    rarely: ['sluice/gpt2-1.js'],
  });
});

test('the budget is that of a chat, and what is rarely needed does not count', () => {
  const log = vi.spyOn(console, 'log').mockImplementation(() => {});
  // Noise does not compress.
  const next = uniform(1);
  const noise = `/*${Buffer.from(Uint8Array.from({ length: 60_000 }, () => 256 * next())).toString('base64')}*/`;
  writeFileSync(join(folder, 'sluice/gpt2-1.js'), noise + noise);
  expect(checkBudget(folder)).toBe(true);
  writeFileSync(join(folder, 'sluice/lexer-1.js'), noise);
  expect(checkBudget(folder)).toBe(true);
  writeFileSync(join(folder, 'sluice/shared-1.js'), noise);
  expect(checkBudget(folder)).toBe(false);
  expect(log.mock.calls.flat().join('\n')).toMatch(/over the budget of 100\.0 KB/);
  log.mockRestore();
});

test('a build without an engine is refused', () => {
  rmSync(join(folder, 'sluice/engine-1.js'));
  expect(() => downloads(folder)).toThrow(/holds no sluice\/engine-/);
});
