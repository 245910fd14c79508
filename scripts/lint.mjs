// `npm run lint`: oxlint, the import rule and the house rules.
import './require-node.mjs';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT } from './paths.mjs';
import { sourceFiles } from './source-files.mjs';

/** @param {string[]} problems */
function report(problems) {
  for (const problem of problems) console.error(problem);
  return problems.length === 0;
}

/** True where nothing is to be said, also no warning. */
export function runOxlint() {
  const { status } = spawnSync(process.execPath, [join(ROOT, 'node_modules/oxlint/bin/oxlint'), '--type-aware', '--deny-warnings', '--report-unused-disable-directives'], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  return status === 0;
}

export async function runImportCheck() {
  const { checkImports } = await import('./check-imports.mjs');
  const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return report(checkImports(sourceFiles(ROOT), Object.keys(dependencies)));
}

export async function runHouseRules() {
  const { checkHouseRules } = await import('./house-rules.mjs');
  return report(checkHouseRules(sourceFiles(ROOT), readFileSync(join(ROOT, 'package-lock.json'), 'utf8')));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = [runOxlint(), await runImportCheck(), await runHouseRules()];
  process.exitCode = results.every(Boolean) ? 0 : 1;
}
