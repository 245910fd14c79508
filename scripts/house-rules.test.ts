import { expect, test } from 'vitest';
import { checkHouseRules } from './house-rules.mjs';

function check(files: Record<string, string>, lockFile = '{"packages": {}}'): string[] {
  return checkHouseRules(
    Object.entries(files).map(([path, text]) => ({ path, text: () => text })),
    lockFile,
  );
}

function lock(packages: Record<string, object>): string {
  return JSON.stringify({ packages: Object.fromEntries(Object.entries(packages).map(([name, entry]) => [`node_modules/${name}`, entry])) });
}

const kernel = { 'shaders/a/a.wgsl': '@compute', 'shaders/a/reference.ts': '', 'shaders/a/cases.ts': '', 'shaders/cases.ts': `import { aCases } from './a/cases.ts';` };

test('what keeps the rules passes', () => {
  const files = { ...kernel, 'shaders/common/step.wgsl': '', 'models/architectures/qwen3_5_text.ts': '', 'engine/a.test.ts': '@compute', 'engine/long.ts': 'x\n'.repeat(400) };
  expect(check(files, lock({ a: { version: '1.0.0', optionalDependencies: { 'a-linux': '1.0.0' } }, 'a-linux': { version: '1.0.0' } }))).toEqual([]);
});

test('a kernel needs a reference, cases, and its line in the registry', () => {
  expect(check({ 'shaders/b/b.wgsl': '@compute', 'shaders/cases.ts': '' })).toEqual([
    'shaders/b has no reference.ts: a kernel without one is untested',
    'shaders/b has no cases.ts: a kernel without one is untested',
    'shaders/cases.ts does not import ./b/cases.ts: its cases never run',
  ]);
});

test.each([
  ['engine/long.ts', 'x\n'.repeat(401), /401 lines/],
  ['engine/BadName.ts', '', /kebab-case/],
  ['engine/bad_name.ts', '', /kebab-case/],
  ['engine/shader.ts', 'const s = `@compute fn main() {}`', /move it into a \.wgsl/],
  ['shaders/common/a.wgsl', '// TODO', /open task/],
])('%s breaks a rule', (path, text, problem) => {
  expect(check({ [path]: text })).toEqual([expect.stringMatching(problem)]);
});

test('the lock file serves with any registry and platform', () => {
  expect(check({}, lock({ a: { version: '1.0.0', resolved: 'https://registry.example/a.tgz' } }))).toEqual([expect.stringMatching(/node_modules\/a holds a "resolved" address/)]);
  expect(check({}, lock({ a: { version: '1.0.0', optionalDependencies: { 'a-darwin': '1.0.0' } } }))).toEqual([expect.stringMatching(/needs a-darwin on another platform/)]);
});
