// A small static file server: folders mounted under paths, correct types, ranges, nothing cached. No dependencies.
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, resolve, sep } from 'node:path';

/** @type {Readonly<Record<string, string>>} */
const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jinja': 'text/plain; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.map': 'application/json; charset=utf-8',
  '.md': 'text/markdown; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.wgsl': 'text/plain; charset=utf-8',
};

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': 'range',
  'access-control-expose-headers': 'accept-ranges, content-length, content-range',
};

const ISOLATION = { 'cross-origin-opener-policy': 'same-origin', 'cross-origin-embedder-policy': 'require-corp' };

/**
 * @typedef {object} ServeOptions
 * @property {Readonly<Record<string, string>>} mounts folder by the path it appears under, `{ '/': 'dist' }`; the longest match wins.
 *   Links inside a folder are followed, also out of it: the Hub's own cache consists of them.
 * @property {number} [port] 0, the default: any free one
 * @property {number} [attempts] how many ports from `port` on are tried while they are taken; default 1
 * @property {string} [host] default 127.0.0.1
 * @property {boolean} [isolated] keeps pages apart from other origins, so that they may measure memory and time more finely; default false
 * @property {boolean} [cors] lets pages of any origin read the files; default false
 */

/**
 * The file that a request path means, or undefined where it means none: outside every mount, or escaping its folder.
 * @param {Readonly<Record<string, string>>} mounts
 * @param {string} pathname percent-encoded, as in the request
 */
export function locate(mounts, pathname) {
  let path;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    return undefined;
  }
  if (path.includes('\0') || path.includes('\\')) return undefined;
  const prefix = Object.keys(mounts)
    .filter((mount) => `${path}/`.startsWith(mount.endsWith('/') ? mount : `${mount}/`))
    .sort((a, b) => b.length - a.length)[0];
  if (prefix === undefined) return undefined;
  const folder = resolve(mounts[prefix]);
  const file = join(folder, path.slice(prefix.length));
  return file === folder || file.startsWith(folder.endsWith(sep) ? folder : folder + sep) ? file : undefined;
}

/**
 * First and last byte of a single range, undefined where the header asks for something else (the whole file is sent then),
 * 'unsatisfiable' where no byte of it exists. RFC 9110, section 14.
 * @param {string | undefined} header
 * @param {number} size
 * @returns {{ start: number, end: number } | 'unsatisfiable' | undefined}
 */
export function parseRange(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  const [first, last] = [match[1], match[2]].map((digits) => (digits === '' ? undefined : Number(digits)));
  if (first !== undefined && last !== undefined && last < first) return undefined;
  const start = first ?? Math.max(0, size - (last ?? 0));
  const end = first === undefined ? size - 1 : Math.min(last ?? size - 1, size - 1);
  return start > end ? 'unsatisfiable' : { start, end };
}

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {Pick<ServeOptions, 'mounts' | 'cors' | 'isolated'>} options
 */
async function respond(request, response, { mounts, cors = false, isolated = false }) {
  const headers = { ...(cors && CORS), ...(isolated && ISOLATION) };
  /** @param {number} status @param {Record<string, string | number>} [more] */
  const finish = (status, more) => response.writeHead(status, { ...headers, ...more }).end(status === 204 ? undefined : `${status}\n`);
  if (request.method === 'OPTIONS' && cors) return finish(204);
  if (request.method !== 'GET' && request.method !== 'HEAD') return finish(405, { allow: 'GET, HEAD' });

  // Split by hand: URL would resolve `..` before it could be refused, and reads a leading `//` as a host.
  const [pathname, query] = (request.url ?? '/').split('?', 2);
  let file = locate(mounts, pathname);
  let info = file === undefined ? undefined : await stat(file).catch(() => undefined);
  if (file !== undefined && info?.isDirectory()) {
    // One slash only, or a path such as `//host` would send the visitor there.
    if (!pathname.endsWith('/')) return finish(307, { location: `${pathname.replace(/^\/+/, '/')}/${query === undefined ? '' : `?${query}`}` });
    file = join(file, 'index.html');
    info = await stat(file).catch(() => undefined);
  }
  if (file === undefined || !info?.isFile()) return finish(404);

  const range = parseRange(request.headers.range, info.size);
  if (range === 'unsatisfiable') return finish(416, { 'content-range': `bytes */${info.size}` });
  const { start, end } = range ?? { start: 0, end: info.size - 1 };
  response.writeHead(range ? 206 : 200, {
    ...headers,
    'accept-ranges': 'bytes',
    'cache-control': 'no-cache',
    'content-length': end - start + 1,
    'content-type': TYPES[extname(file).toLowerCase()] ?? 'application/octet-stream',
    'last-modified': info.mtime.toUTCString(),
    ...(range ? { 'content-range': `bytes ${start}-${end}/${info.size}` } : {}),
  });
  if (request.method === 'HEAD' || info.size === 0) return response.end();
  const stream = createReadStream(file, { start, end });
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  return stream.pipe(response);
}

/**
 * Answers requests for files; a middleware for any server of Node's kind.
 * @param {Pick<ServeOptions, 'mounts' | 'cors' | 'isolated'>} options
 * @returns {(request: import('node:http').IncomingMessage, response: import('node:http').ServerResponse) => void}
 */
export function requestHandler(options) {
  return (request, response) => {
    respond(request, response, options).catch((error) => {
      console.error(error);
      response.destroy();
    });
  };
}

/**
 * Starts serving. Rejects where no port is free.
 * @param {ServeOptions} options
 * @returns {Promise<{ url: string, port: number, close: () => Promise<void> }>} `url` ends with a slash; `close` cuts open connections
 */
export async function serve(options) {
  const { port = 0, attempts = 1, host = '127.0.0.1' } = options;
  const server = createServer(requestHandler(options));
  for (let attempt = 0; !server.listening; attempt++) {
    try {
      server.listen(port && port + attempt, host);
      await once(server, 'listening');
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!taken || attempt + 1 >= attempts) throw error;
    }
  }
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}/`,
    port: address.port,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
