import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { stalePackages } from './install-packages.mjs';

const root = mkdtempSync(join(tmpdir(), 'install-'));
afterAll(() => rmSync(root, { recursive: true }));

function lock(path: string, packages: Record<string, { version: string; optional?: boolean }>): void {
  writeFileSync(join(root, path), JSON.stringify({ packages: { '': {}, ...packages } }));
}

test('packages are stale where they are missing or of another version', () => {
  lock('package-lock.json', { 'node_modules/a': { version: '1.0.0' }, 'node_modules/a-other-platform': { version: '1.0.0', optional: true } });
  expect(stalePackages(root)).toEqual(['node_modules/a']);

  mkdirSync(join(root, 'node_modules/a'), { recursive: true });
  lock('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.0' } });
  expect(stalePackages(root)).toEqual([]);

  lock('node_modules/.package-lock.json', { 'node_modules/a': { version: '0.9.0' } });
  expect(stalePackages(root)).toEqual(['node_modules/a']);

  rmSync(join(root, 'node_modules/a'), { recursive: true });
  lock('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.0' } });
  expect(stalePackages(root)).toEqual(['node_modules/a']);
});
