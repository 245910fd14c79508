import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, type InlineConfig, type Plugin } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder of the page as `npm run build` makes it. */
    readonly site: string;
    /** The same with fake-engine.ts in the engine's place, for tests of the user interface alone. */
    readonly fakeSite: string;
  }
}

const repository = join(import.meta.dirname, '../..');

const fakeEngine: Plugin = {
  name: 'fake-engine',
  enforce: 'pre',
  resolveId: (id) => (id === './engine.ts' ? join(import.meta.dirname, 'fake-engine.ts') : null),
};

/** The pages start on stories260K, because the default model takes half a minute without a GPU; `default.test.ts` has that one. */
const smallModel: Plugin = {
  name: 'small-model',
  enforce: 'pre',
  resolveId: (id) => (id.endsWith('/default-model.ts') ? join(import.meta.dirname, 'small-default-model.ts') : null),
};

const STORYTELLER = join(repository, 'tests/fixtures/real/stories260K');

async function buildInto(folder: string, modes: readonly string[], more: InlineConfig = {}): Promise<string> {
  for (const mode of modes) {
    await build({ ...more, plugins: [smallModel, ...(more.plugins ?? [])], configFile: join(repository, 'vite.config.ts'), mode, logLevel: 'warn', build: { outDir: folder } });
  }
  await cp(STORYTELLER, join(folder, 'models/stories260K'), { recursive: true });
  return folder;
}

/** Builds the pages once for all of their tests, beside whatever is in dist/. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-site-'));
  project.provide('site', await buildInto(join(folder, 'real'), ['production', 'embed', 'memory']));
  project.provide('fakeSite', await buildInto(join(folder, 'fake'), ['production', 'embed'], { plugins: [fakeEngine], worker: { plugins: () => [fakeEngine] } }));
  return () => rm(folder, { recursive: true });
}
