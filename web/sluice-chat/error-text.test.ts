import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EXPLANATIONS, explainError } from './error-text.ts';

/** Codes that mean the same to a visitor, and so share a text. */
const SAME = [
  ['config', 'checkpoint/config'],
  ['checkpoint/json', 'checkpoint/text-encoding'],
  ['checkpoint/header', 'checkpoint/duplicate-tensor', 'checkpoint/tensor-entry', 'checkpoint/tensor-range', 'checkpoint/tensor-size', 'checkpoint/tensor-overlap', 'checkpoint/tensor-hole'],
  ['checkpoint/not-gguf', 'checkpoint/not-rwkv'],
  ['checkpoint/gguf-version', 'checkpoint/rwkv-version'],
  ['checkpoint/missing-tensor', 'checkpoint/tensor-shape', 'checkpoint/unexpected-tensor'],
];

test('every kind of failure has a title and advice of its own', () => {
  const shared = new Set(SAME.flatMap((codes) => codes.slice(1)));
  const own = Object.entries(EXPLANATIONS).filter(([code]) => !shared.has(code)).map(([, text]) => text);
  for (const { title, advice } of own) {
    expect(title).toMatch(/^\S.{10,70}[^.]$/);
    expect(advice).toMatch(/^\S.{20,}\.$/);
  }
  expect(new Set(own.map(({ title }) => title)).size).toBe(own.length);
  expect(new Set(own.map(({ advice }) => advice)).size).toBe(own.length);
  for (const codes of SAME) expect(new Set(Object.entries(EXPLANATIONS).filter(([code]) => codes.includes(code)).map(([, text]) => text)).size).toBe(1);
});

test('every code that the sources know is explained', () => {
  const root = join(import.meta.dirname, '../..');
  const files = ['engine', 'models'].flatMap((folder) => readFolder(join(root, folder)));
  const codes = files.flatMap((text) => Array.from(text.matchAll(/readonly code = '([^']+)'/g), ([, code]) => code));
  expect(codes.length).toBeGreaterThan(12);
  for (const code of codes) expect(explainError(Object.assign(new Error('boom'), { code }), 'load', 'a/b').title, code).not.toMatch(/could not be loaded/);
});

test('an unknown failure is told by what was being done', () => {
  expect(explainError(new TypeError('boom'), 'load', 'a/b').title).toBe('a/b could not be loaded');
  expect(explainError(Object.assign(new Error('boom'), { code: 'toString' }), 'generate').title).toBe('The text could not be finished');
});

function readFolder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('-error.ts') || name.endsWith('-errors.ts')).map((name) => readFileSync(join(folder, name), 'utf8'));
}
