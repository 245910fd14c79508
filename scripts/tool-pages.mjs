// The built pages and scripts behind `eval`, `generate`, `bench`, `perplexity` and `quantize`, made or made anew where that is needed.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildPages } from './build.mjs';
import { installPackages } from './install-packages.mjs';
import { ROOT } from './paths.mjs';
import { sourceFiles } from './source-files.mjs';

/** What a bundle is made from. */
const SOURCES = /^(web|models|engine|shaders)\/|^(index\.ts|vite\.config\.ts|package-lock\.json)$/;
const PAGES = ['cli.html', 'bench.html', 'quantize.js'];

/**
 * Whether one of them is missing or a source is newer.
 * @param {string} root folder of the repository
 * @param {string} folder of the built pages
 */
export function isStale(root, folder) {
  const pages = PAGES.map((page) => join(folder, page));
  if (!pages.every((page) => existsSync(page))) return true;
  const built = Math.min(...pages.map((page) => statSync(page).mtimeMs));
  return sourceFiles(root).some(({ path }) => SOURCES.test(path) && statSync(join(root, path)).mtimeMs > built);
}

/**
 * The folder `dist-bench/` with pages that are up to date. It is taken as it is with SLUICE_PREBUILT=1, and where it is there but Vite is not:
 * a GPU host may hold nothing but scripts/, dist-bench/ and a browser.
 * @returns {Promise<string>}
 */
export async function toolPages() {
  const folder = join(ROOT, 'dist-bench');
  const built = existsSync(folder);
  if (process.env.SLUICE_PREBUILT === '1' || (built && !existsSync(join(ROOT, 'node_modules/vite')))) {
    if (built) return folder;
    throw new Error(`SLUICE_PREBUILT is set, but there is no ${folder}: make it elsewhere with \`npm run build bench\`.`);
  }
  if (isStale(ROOT, folder)) {
    installPackages();
    await buildPages('bench');
  }
  return folder;
}
