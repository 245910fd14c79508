import { onTestFinished, vi } from 'vitest';
import type { Folder } from './checkpoint-folder.ts';

export interface MemoryRequest {
  readonly path: string;
  /** [start, end) */
  readonly range: readonly [start: number, end: number];
}

/** How a server of the test misbehaves for one file. */
export interface Faults {
  /** Status instead of the file, by path. */
  readonly status?: Readonly<Record<string, number>>;
  /** Bytes of a file that ever arrive, by path: then the connection breaks, each time. */
  readonly cutAt?: Readonly<Record<string, number>>;
  /** Called before each answer. */
  readonly onRequest?: (request: MemoryRequest) => void;
}

/** Answers this page's `fetch` under an address of its own from memory, with ranges, until the test ends. */
export function serveFolder(folder: Folder, { status = {}, cutAt = {}, onRequest }: Faults = {}): { url: string; requests: MemoryRequest[] } {
  const url = `https://models.invalid/${crypto.randomUUID()}/`;
  const requests: MemoryRequest[] = [];
  const network = globalThis.fetch;
  const spy = vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    if (!String(input).startsWith(url)) return network(input, init);
    const path = String(input).replace(url, '');
    const match = /^bytes=(\d+)-(\d*)$/.exec(new Headers(init?.headers).get('Range') ?? '');
    const bytes = folder[path];
    const size = bytes?.length ?? 0;
    const start = Number(match?.[1] ?? 0);
    const end = Math.min(size, match?.[2] ? Number(match[2]) + 1 : size);
    const request: MemoryRequest = { path, range: [start, end] };
    requests.push(request);
    onRequest?.(request);
    init?.signal?.throwIfAborted();
    if (status[path]) return new Response('no', { status: status[path] });
    if (!bytes) return new Response('not here', { status: 404 });
    const limit = cutAt[path] ?? Infinity;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        init?.signal?.addEventListener('abort', () => controller.error(init.signal?.reason));
        if (limit > start) controller.enqueue(bytes.slice(start, Math.min(end, limit)));
      },
      pull(controller) {
        if (limit < end) controller.error(new TypeError('network error'));
        else controller.close();
      },
    });
    return new Response(body, { status: 206, headers: { 'Content-Range': `bytes ${start}-${end - 1}/${size}`, 'Content-Length': String(end - start) } });
  });
  onTestFinished(() => spy.mockRestore());
  return { url, requests };
}
