import { expect, test } from 'vitest';
import { ModuleLoadError } from '../errors/module-load-error.ts';
import { importModule } from './import-module.ts';

const failure = (message: string): Promise<unknown> => importModule(() => Promise.reject(new TypeError(message))).catch((error: unknown) => error);

test('a module comes as it is', async () => {
  expect(await importModule(() => Promise.resolve({ part: 1 }))).toEqual({ part: 1 });
});

test.each([
  ['Chromium', 'Failed to fetch dynamically imported module: https://cdn.test/sluice/part-a1.js?x'],
  ['Firefox', 'error loading dynamically imported module: https://cdn.test/sluice/part-a1.js?x'],
])('%s: the failure names the address', async (_browser, message) => {
  const error = await failure(message);
  expect(error).toBeInstanceOf(ModuleLoadError);
  expect(error).toMatchObject({ code: 'module-load', url: 'https://cdn.test/sluice/part-a1.js?x', cause: new TypeError(message) });
  expect(error).toMatchObject({ message: expect.stringMatching(/^The script https:\/\/cdn\.test\/sluice\/part-a1\.js\?x could not be loaded .* beside sluice\.js/) });
});

test('Safari: the failure names the script that it lies beside', async () => {
  expect(await failure('Importing a module script failed.')).toMatchObject({
    url: expect.stringMatching(/import-module\.ts$/),
    message: expect.stringMatching(/^A script beside \S+import-module\.ts could not be loaded \(Importing a module script failed\.\)/),
  });
});
