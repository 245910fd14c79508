import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin, type UserConfig } from 'vite';
import { bareWgsl } from './scripts/bare-wgsl.mjs';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** What the page starts on. In development it is served as it lies. */
const MODEL_URL = 'models/tales-24m/';
const MODEL_FOLDER = path(`web/${MODEL_URL}`);

/** Puts the default model beside the built scripts. */
function defaultModel(): Plugin {
  return {
    name: 'default-model',
    apply: 'build',
    generateBundle() {
      for (const name of readdirSync(MODEL_FOLDER)) this.emitFile({ type: 'asset', fileName: MODEL_URL + name, source: readFileSync(MODEL_FOLDER + name) });
    },
  };
}

/** Built pages go without what in a shader is for readers. */
function bareShaders(): Plugin {
  return {
    name: 'bare-shaders',
    apply: 'build',
    enforce: 'pre',
    load(id) {
      if (!id.endsWith('.wgsl?raw')) return null;
      return `export default ${JSON.stringify(bareWgsl(readFileSync(id.replace('?raw', ''), 'utf8')))}`;
    },
  };
}

/** Vite fetches a script's styles before it; ours have none, so that an import is an import. */
function plainImports(): Plugin {
  return {
    name: 'plain-imports',
    apply: 'build',
    enforce: 'pre',
    load: (id) => (id === '\0vite/preload-helper.js' ? 'export const __vitePreload = (load) => load();' : null),
  };
}

const shared: UserConfig = {
  root: path('web'),
  // Relative addresses: the site works under any path of any host.
  base: './',
  worker: {
    format: 'es',
    plugins: () => [bareShaders()],
    rolldownOptions: {
      // What the API names and the worker does not use is no part of it.
      treeshake: { moduleSideEffects: (id) => id !== path('index.ts') },
      output: {
        // Hashes: a script never meets neighbours of another version, and caches may keep them for good.
        entryFileNames: 'sluice/engine-[hash].js',
        chunkFileNames: 'sluice/[name]-[hash].js',
        // What the engine imports at once is one script, also where another needs parts of it.
        codeSplitting: {
          groups: [
            { name: 'engine', tags: ['$initial'], priority: 1 },
            { name: 'uncommon', test: /engine[\\/]program[\\/]uncommon|models[\\/]architectures[\\/]registry/ },
            // Shared by several parts, so that it would be named after any of its files.
            { name: 'formats', test: /shaders[\\/]dequant[\\/]|models[\\/](?:quant[\\/]group-scale|packed[\\/](?:group-scale-table|whole-factor))/ },
          ],
        },
        comments: { annotation: false },
      },
    },
  },
  plugins: [plainImports()],
  server: { fs: { allow: [path('.')] } },
};

/** The memory page's worker makes its models itself: another bundle, in a folder of its own. */
const memoryWorker: UserConfig['worker'] = {
  ...shared.worker,
  rolldownOptions: { output: { entryFileNames: 'memory/engine-[hash].js', chunkFileNames: 'memory/[name]-[hash].js', comments: { annotation: false } } },
};

/** No folder for assets: scripts find the default model beside themselves. */
const build = { target: 'es2023', assetsDir: '', modulePreload: false, reportCompressedSize: false } as const;

/** `vite build` makes the demo page, `--mode embed` adds `sluice.js` to it and `--mode memory` the memory page, `--mode bench` makes the pages behind the commands, `--mode tools` adds what `quantize` runs in Node. */
export default defineConfig(({ mode }): UserConfig => {
  switch (mode) {
    case 'embed':
      return {
        ...shared,
        publicDir: false,
        build: {
          ...build,
          outDir: path('dist'),
          emptyOutDir: false,
          assetsInlineLimit: () => true,
          rolldownOptions: { input: path('web/embed.ts'), preserveEntrySignatures: 'exports-only', output: { entryFileNames: 'sluice.js', chunkFileNames: 'sluice/[name]-[hash].js' } },
        },
      };
    case 'memory':
      return { ...shared, publicDir: false, worker: memoryWorker, build: { ...build, outDir: path('dist'), emptyOutDir: false, rolldownOptions: { input: path('web/memory.html') } } };
    case 'bench':
      return {
        ...shared,
        publicDir: false,
        build: { ...build, outDir: path('dist-bench'), emptyOutDir: true, rolldownOptions: { input: ['bench.html', 'cli.html'].map((page) => path(`web/${page}`)).filter((page) => existsSync(page)) } },
      };
    case 'tools':
      return {
        ...shared,
        publicDir: false,
        ssr: { noExternal: true },
        build: { ...build, outDir: path('dist-bench'), emptyOutDir: false, ssr: path('web/tools/quantize.ts') },
      };
    default:
      return { ...shared, plugins: [plainImports(), defaultModel()], build: { ...build, outDir: path('dist'), emptyOutDir: true } };
  }
});
