import { expect, test } from 'vitest';
import { checkHouseRules } from './house-rules.mjs';

function check(files: Record<string, string>, lockFile = ''): string[] {
  return checkHouseRules(
    Object.entries(files).map(([path, text]) => ({ path, text: () => text })),
    lockFile,
  );
}

const kernel = { 'shaders/a/a.wgsl': '@compute', 'shaders/a/reference.ts': '', 'shaders/a/cases.ts': '', 'shaders/cases.ts': `import { aCases } from './a/cases.ts';` };

test('what keeps the rules passes', () => {
  const files = { ...kernel, 'shaders/common/step.wgsl': '', 'models/architectures/qwen3_5_text.ts': '', 'engine/a.test.ts': '@compute', 'engine/long.ts': 'x\n'.repeat(400) };
  expect(check(files, '{"node_modules/a": {"version": "1.0.0"}}')).toEqual([]);
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

test('addresses in the lock file are refused', () => {
  expect(check({}, '{"resolved": "https://registry.example/a.tgz"}')).toEqual([expect.stringMatching(/1 "resolved"/)]);
});
