import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';

/** Fixtures too large for the repository lie beside it. */
const folder = new URL('../../../shared/fixtures/', import.meta.url);
const present = existsSync(folder);

if (!present && process.env.REQUIRE_SHARED === '1') {
  throw new Error(`REQUIRE_SHARED=1, but the shared fixtures are missing: there is no ${folder.pathname}`);
}

/**
 * For `describe.skipIf` and `test.skipIf`: true where the shared fixtures are missing. With `REQUIRE_SHARED=1` importing this file
 * fails instead, so that continuous integration cannot pass by skipping.
 */
export const sharedMissing = !present;

/** The title of a test that needs the shared fixtures; it says so where the test could not run. */
export function sharedTitle(title: string): string {
  return present ? title : `${title} (NOT RUN: ../shared is missing)`;
}

/** @param path relative to `../shared/fixtures`, such as `tokenizers/qwen2/tokenizer.json`. */
export async function readSharedText(path: string): Promise<string> {
  return await readFile(new URL(path, folder), 'utf8');
}

export async function readSharedJson(path: string): Promise<unknown> {
  return JSON.parse(await readSharedText(path));
}
