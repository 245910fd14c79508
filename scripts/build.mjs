// `npm run build`: the demo page, the memory page and sluice.js into dist/. `npm run build bench`: the pages behind the commands into dist-bench/.
import './require-node.mjs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installPackages } from './install-packages.mjs';
import { ROOT } from './paths.mjs';

/** Modes of vite.config.ts by what is built; the first of each empties the folder. */
const MODES = { site: ['production', 'embed', 'memory'], bench: ['bench', 'tools'] };

/**
 * Builds and returns the folder, without checking types. Throws where the sources cannot be bundled.
 * @param {'site' | 'bench'} what
 * @param {string} [folder] default: `dist` or `dist-bench` in the repository
 * @returns {Promise<string>}
 */
export async function buildPages(what, folder = join(ROOT, what === 'site' ? 'dist' : 'dist-bench')) {
  const { build } = await import('vite');
  for (const mode of MODES[what]) await build({ configFile: join(ROOT, 'vite.config.ts'), mode, logLevel: 'warn', build: { outDir: folder } });
  return folder;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const what = process.argv[2] ?? 'site';
  if (what !== 'site' && what !== 'bench') throw new Error(`There is nothing called ${what} to build: site or bench`);
  installPackages();
  const { reportSizes } = await import('./size.mjs');
  reportSizes(await buildPages(what));
}
