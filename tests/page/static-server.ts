import { createReadStream, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.json': 'application/json' };

/** Serves a folder, or one HTML text at `/`, on a port of its own: another port is another origin. */
export async function serveStatic(content: { readonly folder: string } | { readonly html: string }): Promise<{ url: string; server: Server }> {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname));
    // Anyone may embed the script, as from a CDN.
    response.setHeader('access-control-allow-origin', '*');
    if ('html' in content) {
      response.writeHead(path === '/' ? 200 : 204, { 'content-type': 'text/html' }).end(path === '/' ? content.html : undefined);
      return;
    }
    // Never answered: for loads that are to be aborted.
    if (path.startsWith('/held/')) return;
    const file = join(content.folder, path.endsWith('/') ? `${path}index.html` : path);
    const size = statSync(file, { throwIfNoEntry: false })?.size;
    if (size === undefined) {
      response.writeHead(404).end();
      return;
    }
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    const start = Number(from ?? 0);
    const end = to ? Math.min(Number(to), size - 1) : size - 1;
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    response.writeHead(from === undefined ? 200 : 206, { 'content-type': type, 'content-length': end - start + 1, 'accept-ranges': 'bytes', ...(from === undefined ? {} : { 'content-range': `bytes ${start}-${end}/${size}` }) });
    createReadStream(file, { start, end }).pipe(response);
  });
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The static server has no port.');
  return { url: `http://127.0.0.1:${address.port}/`, server };
}
