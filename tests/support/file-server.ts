import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { onTestFinished } from 'vitest';

/** What a request asked for; `range` as [start, end) where it had one. */
export interface Seen {
  readonly path: string;
  readonly range: readonly [number, number | undefined] | undefined;
  readonly authorization: string | undefined;
}

export type Handler = (request: IncomingMessage, response: ServerResponse, seen: Seen) => void;

export interface FileServer {
  /** `http://127.0.0.1:port`, without a slash at its end. */
  readonly url: string;
  readonly requests: Seen[];
  readonly openSockets: () => number;
}

/** A server on a port of its own that ends with the test. */
export async function serve(handler: Handler): Promise<FileServer> {
  const requests: Seen[] = [];
  let sockets = 0;
  const server: Server = createServer((request, response) => {
    const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const seen: Seen = {
      path: decodeURIComponent(new URL(request.url ?? '/', 'http://host').pathname),
      range: match ? [Number(match[1]), match[2] === '' ? undefined : Number(match[2]) + 1] : undefined,
      authorization: request.headers.authorization,
    };
    requests.push(seen);
    handler(request, response, seen);
  });
  server.on('connection', (socket) => {
    sockets++;
    socket.on('close', () => sockets--);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}`, requests, openSockets: () => sockets };
}

/** Answers a request for a range as RFC 9110 has it. */
export function sendRange(response: ServerResponse, bytes: Uint8Array, { range }: Seen, headers: Readonly<Record<string, string>> = {}): void {
  if (!range) {
    response.writeHead(200, { 'Content-Length': bytes.length, ...headers }).end(bytes);
    return;
  }
  const [start, end = bytes.length] = range;
  if (start >= bytes.length) {
    response.writeHead(416, { 'Content-Range': `bytes */${bytes.length}`, ...headers }).end();
    return;
  }
  const part = bytes.subarray(start, Math.min(end, bytes.length));
  response.writeHead(206, { 'Content-Length': part.length, 'Content-Range': `bytes ${start}-${start + part.length - 1}/${bytes.length}`, ...headers }).end(part);
}

export type Files = Readonly<Record<string, Uint8Array | string>>;

export function contentsOf(files: Files, path: string): Uint8Array | undefined {
  const contents = files[path.replace(/^\//, '')];
  return typeof contents === 'string' ? new TextEncoder().encode(contents) : contents;
}

/** Serves files by their paths, with ranges or, as some servers do, without. */
export function fileHandler(files: Files, { ranges = true }: { readonly ranges?: boolean } = {}): Handler {
  return (_request, response, seen) => {
    const bytes = contentsOf(files, seen.path);
    if (!bytes) response.writeHead(404).end('not here');
    else sendRange(response, bytes, ranges ? seen : { ...seen, range: undefined });
  };
}
