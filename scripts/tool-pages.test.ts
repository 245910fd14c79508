import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { isStale } from './tool-pages.mjs';

const root = mkdtempSync(join(tmpdir(), 'pages-'));
afterAll(() => rmSync(root, { recursive: true }));

/** A file that was written `seconds` after some beginning. */
function file(path: string, seconds: number): void {
  mkdirSync(join(root, dirname(path)), { recursive: true });
  writeFileSync(join(root, path), '');
  utimesSync(join(root, path), 1e9 + seconds, 1e9 + seconds);
}

test('pages are stale where one is missing or a source is newer', () => {
  const folder = join(root, 'dist-bench');
  file('engine/gpu/device.ts', 1);
  file('dist-bench/cli.html', 2);
  expect(isStale(root, folder)).toBe(true);
  file('dist-bench/bench.html', 3);
  file('dist-bench/quantize.js', 3);
  expect(isStale(root, folder)).toBe(false);
  file('scripts/eval.mjs', 9);
  file('tests/cli/commands.test.ts', 9);
  expect(isStale(root, folder)).toBe(false);
  file('shaders/linear/linear-vector.wgsl', 9);
  expect(isStale(root, folder)).toBe(true);
});
