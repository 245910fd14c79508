import { expect, test } from 'vitest';
import { checkImports } from './check-imports.mjs';

function check(files: Record<string, string>): string[] {
  return checkImports(
    Object.entries(files).map(([path, text]) => ({ path, text: () => text })),
    ['@huggingface/jinja'],
  );
}

test('downward imports of every kind pass', () => {
  expect(
    check({
      'index.ts': `export { load } from './models/load/load.ts';`,
      'web/app.ts': `import { load } from '../index.ts'; import Worker from './worker.ts?worker&inline'; console.log(load, Worker);`,
      'web/worker.ts': `export const w = () => import('../models/load/load.ts');`,
      'models/load/load.ts': `import { Template } from '@huggingface/jinja'; import type { Op } from '../../engine/op.ts'; export const load = (o: Op) => [o, Template];`,
      'engine/op.ts': `import source from '../shaders/a/a.wgsl?raw'; export type Op = typeof source;`,
      'shaders/a/a.wgsl': '@compute fn main() {}',
      'tests/op.test.ts': `import { readFileSync } from 'node:fs'; import '../web/app.ts'; readFileSync('x');`,
      'shaders/a/a.test.ts': `import '../../tests/gpu/helper.ts';`,
      'tests/gpu/helper.ts': '',
    }),
  ).toEqual([]);
});

test.each([
  ['a plain import', `import { m } from '../models/m.ts'; export default m;`],
  ['a type import', `import type { M } from '../models/m.ts'; export type N = M;`],
  ['an inline type import', `import { type M } from '../models/m.ts'; export type N = M;`],
  ['a side-effect import', `import '../models/m.ts';`],
  ['a re-export', `export * from '../models/m.ts';`],
  ['a dynamic import', `export const m = () => import('../models/m.ts');`],
  ['a raw import', `import m from '../models/m.ts?raw'; export default m;`],
  ['a worker', `new Worker(new URL('../models/m.ts', import.meta.url));`],
])('%s upwards fails', (_, text) => {
  expect(check({ 'engine/e.ts': text, 'models/m.ts': '' })).toEqual([expect.stringMatching(/^engine\/e\.ts imports models\/m\.ts: imports go downwards only/)]);
});

test('an import in a comment or a string is none', () => {
  expect(check({ 'engine/e.ts': `// import '../models/m.ts'\nexport const s = "import '../models/m.ts'";`, 'models/m.ts': '' })).toEqual([]);
});

test('Node, development packages, tests, scripts and missing files cannot be imported by sources', () => {
  expect(
    check({
      'engine/e.ts': `import 'node:fs'; import 'path'; import 'vitest'; import './e.test.ts'; import '../scripts/s.mjs'; import './gone.ts';`,
      'engine/e.test.ts': '',
      'scripts/s.mjs': '',
    }),
  ).toEqual([
    'engine/e.ts imports node:fs: what runs in the page cannot use Node',
    'engine/e.ts imports path: what runs in the page cannot use Node',
    "engine/e.ts imports vitest, which is not in package.json's dependencies",
    'engine/e.ts imports engine/e.test.ts: sources cannot depend on tests',
    'engine/e.ts imports scripts/s.mjs: scripts run in Node, sources in the page',
    'engine/e.ts imports ./gone.ts, but there is no engine/gone.ts',
  ]);
});

test('a cycle is named, also one of types', () => {
  expect(
    check({
      'engine/a.ts': `import './b.ts';`,
      'engine/b.ts': `import type { C } from './c.ts'; export type B = C;`,
      'engine/c.ts': `export type C = 1; export * from './a.ts';`,
    }),
  ).toEqual(['import cycle: engine/a.ts → engine/b.ts → engine/c.ts → engine/a.ts']);
});
