import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { buildPages } from '../../scripts/build.mjs';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder of the built page, as `npm run build` makes it. */
    readonly site: string;
  }
}

/** Builds the page once for all of its tests, beside whatever is in dist/. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-site-'));
  await buildPages('site', folder);
  project.provide('site', folder);
  return () => rm(folder, { recursive: true });
}
