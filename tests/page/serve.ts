import { join } from 'node:path';
import { createServer, type Plugin, type ViteDevServer } from 'vite';

const repository = join(import.meta.dirname, '../..');
const FAKE = join(import.meta.dirname, 'fake-engine.ts');

/** Puts the test double in the engine's place, in the worker as on the page. */
export const fakeEngine: Plugin = {
  name: 'fake-engine',
  enforce: 'pre',
  resolveId: (id) => (id === './engine.ts' ? FAKE : null),
};

/** Serves the demo page from its sources with the fake engine behind it. */
export async function serveFakePage(): Promise<{ url: string; server: ViteDevServer }> {
  const server = await createServer({
    configFile: false,
    root: join(repository, 'web'),
    logLevel: 'error',
    cacheDir: join(repository, 'node_modules/.vite-page-tests'),
    plugins: [fakeEngine],
    server: { port: 0, host: '127.0.0.1', hmr: false, watch: null, fs: { allow: [repository] } },
  });
  await server.listen();
  const url = server.resolvedUrls?.local[0];
  if (!url) throw new Error('The test server has no address.');
  return { url, server };
}
