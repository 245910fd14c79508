import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { AccessError } from '../models/errors/access-error.ts';
import { DownloadError } from '../models/errors/download-error.ts';
import { openSource } from '../models/sources/open-source.ts';
import type { SourceFile } from '../models/sources/source.ts';
import { contentsOf, fileHandler, sendRange, serve, type Handler } from './support/file-server.ts';
import { patternBytes } from './support/write-safetensors.ts';

const RETRY = { delaysMs: [5, 5, 5], stallMs: 20_000 };
const BIG = patternBytes(300_000);

async function openFrom(handler: Handler, retry = RETRY, path = 'big.bin') {
  const server = await serve(handler);
  const file = await (await openSource({ url: `${server.url}/folder` }, { retry })).open(path);
  if (!file) throw new Error('the file should be there');
  return { server, file };
}

async function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    () => expect.fail('should have failed'),
    (error: unknown) => error,
  );
}

const folder = { 'folder/big.bin': BIG, 'folder/empty.bin': '', 'folder/small #1?.json': '{}' };

describe.each([true, false])('a server that honours ranges: %s', (ranges) => {
  test('gives sizes and bytes', async () => {
    const { server, file } = await openFrom(fileHandler(folder, { ranges }));
    expect(file).toMatchObject({ name: 'big.bin', size: BIG.length, ranged: ranges });
    for (const [start, end] of [[0, 8], [0, BIG.length], [65_530, 65_560], [299_999, 300_000], [7, 7]]) {
      expect(Buffer.compare(await file.read(start, end), BIG.subarray(start, end)), `${start}-${end}`).toBe(0);
    }
    expect(server.requests[0].path).toBe('/folder/big.bin');
    await expect(file.read(0, BIG.length + 1)).rejects.toThrow(RangeError);
  });

  test('knows empty files, odd names and what is not there', async () => {
    const server = await serve(fileHandler(folder, { ranges }));
    const source = await openSource({ url: `${server.url}/folder/` });
    expect((await source.open('empty.bin'))?.size).toBe(0);
    expect(await (await source.open('small #1?.json'))?.read(0, 2)).toEqual(new TextEncoder().encode('{}'));
    expect(await source.open('none.bin')).toBeUndefined();
    await expect(source.open('../secret.json')).rejects.toThrow(RangeError);
  });
});

describe('downloads that go wrong', () => {
  test('500 and a refused connection are retried', async () => {
    let failures = 2;
    const { server, file } = await openFrom((request, response, seen) => {
      if (failures-- > 0) response.writeHead(failures === 1 ? 500 : 429).end();
      else fileHandler(folder)(request, response, seen);
    });
    expect(file.size).toBe(BIG.length);
    expect(server.requests).toHaveLength(3);
  });

  test('a server that stays broken is named', async () => {
    const server = await serve((_request, response) => response.writeHead(503).end());
    const error = await failure((await openSource({ url: server.url }, { retry: RETRY })).open('config.json'));
    expect(error).toBeInstanceOf(DownloadError);
    expect(error).toMatchObject({ code: 'download/status', status: 503, file: 'config.json', offset: 0, url: `${server.url}/config.json`, message: expect.stringContaining('4 attempts') });
    expect(server.requests).toHaveLength(4);
  });

  test('no server at all', async () => {
    const error = await failure((await openSource({ url: 'http://127.0.0.1:9/' }, { retry: { ...RETRY, delaysMs: [1] } })).open('config.json'));
    expect(error).toMatchObject({ code: 'download/interrupted', message: expect.stringContaining('2 attempts') });
  });

  test.each([true, false])('a cut connection goes on from where it broke (ranges: %s)', async (ranges) => {
    let cuts = 3;
    const { server, file } = await openFrom((_request, response, seen) => {
      const [start, end] = ranges ? (seen.range ?? [0]) : [0];
      if (start < 65_536 && ranges) return sendRange(response, BIG, seen);
      // Without ranges the first look takes the whole file, so cuts happen there.
      const part = BIG.subarray(start, end);
      response.writeHead(ranges ? 206 : 200, { 'Content-Length': part.length, ...(ranges ? { 'Content-Range': `bytes ${start}-${start + part.length - 1}/${BIG.length}` } : {}) });
      if (cuts-- > 0) response.write(part.subarray(0, 40_000), () => setTimeout(() => response.destroy(), 5));
      else response.end(part);
      return undefined;
    });
    expect(Buffer.compare(await file.read(0, BIG.length), BIG)).toBe(0);
    expect(cuts).toBeLessThan(0);
    if (ranges) {
      const starts = server.requests.slice(1).map(({ range }) => range?.[0]);
      expect(starts[0]).toBe(65_536);
      expect(starts.at(-1)).toBeGreaterThan(65_536 + 40_000);
      expect(starts).toEqual([...starts].sort((a = 0, b = 0) => a - b));
    }
  });

  test('a large file without ranges is read again up to where it was cut', async () => {
    const bytes = new Uint8Array(34 * 1024 * 1024).map((_, i) => i % 253);
    let requests = 0;
    const { file } = await openFrom((_request, response) => {
      response.writeHead(200, { 'Content-Length': bytes.length });
      if (++requests === 2) response.write(bytes.subarray(0, 20_000_000), () => response.destroy());
      else response.end(bytes);
    });
    expect(file).toMatchObject({ size: bytes.length, ranged: false });
    let position = 5_000_001;
    for await (const piece of file.stream(position, 30_000_000)) {
      if (Buffer.compare(piece, bytes.subarray(position, position + piece.length)) !== 0) expect.fail(`piece at ${position} differs`);
      position += piece.length;
    }
    expect(position).toBe(30_000_000);
    expect(requests).toBe(3);
  });

  test('a connection that is always cut at one byte fails there', async () => {
    const { server, file } = await openFrom((_request, response, seen) => {
      const start = seen.range?.[0] ?? 0;
      if (start < 65_536) return sendRange(response, BIG, seen);
      const part = BIG.subarray(start, seen.range?.[1]);
      response.writeHead(206, { 'Content-Length': part.length, 'Content-Range': `bytes ${start}-${start + part.length - 1}/${BIG.length}` });
      response.write(BIG.subarray(start, 100_000));
      response.flushHeaders();
      setTimeout(() => response.destroy(), 5);
      return undefined;
    });
    const error = await failure(file.read(0, BIG.length));
    expect(error).toBeInstanceOf(DownloadError);
    expect(error).toMatchObject({ code: 'download/interrupted', file: 'big.bin', offset: 100_000, url: `${server.url}/folder/big.bin` });
    expect((error as Error).cause).toBeInstanceOf(Error);
  });

  test('a connection on which nothing arrives counts as broken', async () => {
    let stalls = 1;
    const { file } = await openFrom(
      (_request, response, seen) => {
        if ((seen.range?.[0] ?? 0) > 0 && stalls-- > 0) response.writeHead(206, { 'Content-Range': `bytes 65536-299999/${BIG.length}` }).flushHeaders();
        else sendRange(response, BIG, seen);
      },
      { delaysMs: [5], stallMs: 1000 },
    );
    expect(Buffer.compare(await file.read(0, BIG.length), BIG)).toBe(0);
  });

  test.each([
    ['another start', 'bytes 65537-300000/300000', 234_464],
    ['another end', 'bytes 65536-299998/300000', 234_463],
    ['nonsense', 'bytes=65536-', 234_464],
  ])('a Content-Range with %s is refused', async (_what, header, length) => {
    const { server, file } = await openFrom((_request, response, seen) => {
      if (seen.range?.[0] === 0) return sendRange(response, BIG, seen);
      return response.writeHead(206, { 'Content-Range': header }).end(BIG.subarray(0, length));
    });
    const error = await failure(file.read(0, BIG.length));
    expect(error).toMatchObject({ code: 'download/range', offset: 65_536, message: expect.stringContaining(header) });
    expect(server.requests).toHaveLength(2);
  });

  test('a first answer with a wrong Content-Range is refused', async () => {
    const server = await serve((_request, response) => response.writeHead(206, { 'Content-Range': 'bytes 5-9/10' }).end('56789'));
    expect(await failure((await openSource({ url: server.url })).open('x.bin'))).toMatchObject({ code: 'download/range' });
  });

  test.each([-1, 1])('a range with %i bytes more than promised fails', async (extra) => {
    const { file } = await openFrom((_request, response, seen) => {
      if (seen.range?.[0] === 0) return sendRange(response, BIG, seen);
      const [start, end = BIG.length] = seen.range ?? [0];
      response.writeHead(206, { 'Content-Range': `bytes ${start}-${end - 1}/${BIG.length}` });
      // In chunks, so that HTTP itself sees nothing wrong.
      response.write(new Uint8Array(end - start + extra));
      return response.end();
    });
    const error = await failure(file.read(0, 100_000));
    expect(error).toBeInstanceOf(DownloadError);
    expect(error).toMatchObject(extra > 0 ? { code: 'download/range', offset: 65_536 } : { code: 'download/interrupted', offset: 99_999 });
  });

  test.each([
    ['its ETag', { ETag: '"b"' }, BIG],
    ['its size', { ETag: '"a"' }, BIG.subarray(0, 250_000)],
  ])('a file that changes %s during the download is refused', async (_what, headers, later) => {
    const { file } = await openFrom((_request, response, seen) => {
      if (seen.range?.[0] === 0) sendRange(response, BIG, seen, { ETag: 'W/"a"' });
      else sendRange(response, later, seen, headers);
    });
    expect(await failure(file.read(0, 200_000))).toMatchObject({ code: 'download/changed' });
  });

  test('a file that vanishes during the download', async () => {
    const { file } = await openFrom((_request, response, seen) => {
      if (seen.range?.[0] === 0) sendRange(response, BIG, seen);
      else response.writeHead(404).end();
    });
    expect(await failure(file.read(0, BIG.length))).toMatchObject({ code: 'download/status', status: 404 });
  });
});

describe('sizes', () => {
  test('a server that hides Content-Range is asked for the length', async () => {
    const { server, file } = await openFrom((_request, response, { range }) => {
      const [start, end] = range ?? [0];
      const part = BIG.subarray(start, end);
      response.writeHead(206, { 'Content-Length': part.length }).end(part);
    });
    expect(file).toMatchObject({ size: BIG.length, ranged: true });
    expect(Buffer.compare(await file.read(70_000, 80_000), BIG.subarray(70_000, 80_000))).toBe(0);
    expect(server.requests.map(({ range }) => range)).toEqual([[0, 65_536], [0, undefined], [70_000, 80_000]]);
  });

  test('a compressed whole file has the size of its contents', async () => {
    const { gzipSync } = await import('node:zlib');
    const packed = gzipSync(BIG);
    expect(packed.length).not.toBe(BIG.length);
    const { file } = await openFrom((_request, response) => response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Length': packed.length }).end(packed));
    expect(file.size).toBe(BIG.length);
    expect(Buffer.compare(await file.read(0, BIG.length), BIG)).toBe(0);
  });

  test('a compressed range is refused', async () => {
    const { gzipSync } = await import('node:zlib');
    const server = await serve((_request, response, { range }) => {
      const packed = gzipSync(BIG.subarray(...(range ?? [])));
      response.writeHead(206, { 'Content-Encoding': 'gzip', 'Content-Range': `bytes 0-65535/${BIG.length}`, 'Content-Length': packed.length }).end(packed);
    });
    expect(await failure((await openSource({ url: server.url })).open('x.bin'))).toMatchObject({ code: 'download/range', message: expect.stringContaining('compressed') });
  });

  test('a web page in place of a file counts as not there', async () => {
    const server = await serve((_request, response) => response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end('<!doctype html>'));
    expect(await (await openSource({ url: server.url })).open('generation_config.json')).toBeUndefined();
  });
});

describe('aborting', () => {
  test('closes the connection on which nothing happens', async () => {
    let closed = false;
    const { server, file } = await openFrom((_request, response, seen) => {
      if (seen.range?.[0] === 0) return sendRange(response, BIG, seen);
      response.on('close', () => (closed = true));
      response.writeHead(206, { 'Content-Range': `bytes 65536-299999/${BIG.length}` });
      response.write(BIG.subarray(65_536, 70_000));
      return undefined;
    });
    const controller = new AbortController();
    const reading = failure(file.read(0, BIG.length, controller.signal));
    await expect.poll(() => server.requests).toHaveLength(2);
    controller.abort();
    expect(await reading).toMatchObject({ name: 'AbortError' });
    await expect.poll(() => closed).toBe(true);
  });

  test('ends the wait before a retry', async () => {
    const server = await serve((_request, response) => response.writeHead(500).end());
    const controller = new AbortController();
    const opening = failure((await openSource({ url: server.url }, { retry: { delaysMs: [60_000], stallMs: 20_000 } })).open('x', controller.signal));
    await expect.poll(() => server.requests).toHaveLength(1);
    controller.abort();
    expect(await opening).toMatchObject({ name: 'AbortError' });
    await expect((await openSource({ url: server.url })).open('x', controller.signal)).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.requests).toHaveLength(1);
  });

  test('leaving a stream early closes the connection', async () => {
    let closed = false;
    const { file } = await openFrom((_request, response, seen) => {
      if (seen.range?.[0] === 0) return sendRange(response, BIG, seen);
      response.on('close', () => (closed = true));
      response.writeHead(206, { 'Content-Range': `bytes 65536-299999/${BIG.length}` });
      response.write(BIG.subarray(65_536, 70_000));
      return undefined;
    });
    for await (const piece of file.stream(65_536, BIG.length)) {
      expect(piece.length).toBeGreaterThan(0);
      break;
    }
    await expect.poll(() => closed).toBe(true);
  });
});

describe('the Hub', () => {
  test('resolves files below a revision, follows redirects and leaves the token at home', async () => {
    const storage = await serve(fileHandler({ 'blob/1': BIG }));
    const hub = await serve((_request, response) => response.writeHead(302, { Location: `${storage.url}/blob/1` }).end());
    const source = await openSource({ hub: 'org/my.model', revision: 'refs/pr/1', token: 'hf_secret' }, { hubEndpoint: hub.url });
    expect(source.name).toBe('org/my.model@refs/pr/1');
    const file = await source.open('sub/model.safetensors');
    expect(Buffer.compare(await (file as SourceFile).read(100_000, 100_100), BIG.subarray(100_000, 100_100))).toBe(0);
    expect(hub.requests.map(({ path, authorization }) => [path, authorization])).toEqual(Array(2).fill(['/org/my.model/resolve/refs/pr/1/sub/model.safetensors', 'Bearer hf_secret']));
    expect(storage.requests.map(({ path, authorization, range }) => [path, authorization, range])).toEqual([
      ['/blob/1', undefined, [0, 65_536]],
      ['/blob/1', undefined, [100_000, 100_100]],
    ]);
  });

  test.each([
    [401, undefined, undefined, /does not exist, is private, or is gated.*pass an access token/],
    [403, 'GatedRepo', undefined, /is gated: accept its conditions at .*\/org\/name, then pass an access token/],
    [403, 'GatedRepo', 'hf_x', /use a token of the account that accepted them/],
    [401, undefined, 'hf_x', /refuses org\/name with this token/],
  ])('%i %s %s says what to do', async (status, code, token, message) => {
    const server = await serve((_request, response) => response.writeHead(status, code ? { 'X-Error-Code': code } : {}).end());
    const error = await failure((await openSource({ hub: 'org/name', ...(token ? { token } : {}) }, { hubEndpoint: server.url })).open('config.json'));
    expect(error).toBeInstanceOf(AccessError);
    expect(error).toMatchObject({ code: 'source/access-denied', status, message: expect.stringMatching(message) });
    expect(String(error)).not.toContain('hf_x');
    expect(server.requests).toHaveLength(1);
  });
});

test.each([
  ['RepoNotFound', /^SluiceError: org\/name: there is no such repository/],
  ['RevisionNotFound', /^SluiceError: org\/name@v9: the repository has no such branch/],
])('the Hub says %s', async (code, message) => {
  const server = await serve((_request, response) => response.writeHead(404, { 'X-Error-Code': code }).end());
  const error = await failure((await openSource('org/name@v9', { hubEndpoint: server.url })).open('config.json'));
  expect(error).toMatchObject({ code: 'source/not-found' });
  expect(String(error)).toMatch(message);
  expect(server.requests).toHaveLength(1);
});

test('a URL keeps its query, and a refusal names the server', async () => {
  const queries: (string | undefined)[] = [];
  const server = await serve((request, response, seen) => {
    queries.push(request.url);
    const bytes = contentsOf({ 'm/config.json': '{}' }, seen.path);
    if (bytes) sendRange(response, bytes, seen);
    else response.writeHead(403).end();
  });
  const source = await openSource(`${server.url}/m?sig=a%20b`);
  expect(await failure(source.open('model.safetensors'))).toMatchObject({ code: 'source/access-denied', status: 403, message: expect.stringContaining('127.0.0.1') });
  expect((await source.open('config.json'))?.size).toBe(2);
  expect(queries).toEqual(['/m/model.safetensors?sig=a%20b', '/m/config.json?sig=a%20b']);
  // As object stores do for what is not there.
  expect(await source.open('generation_config.json')).toBeUndefined();
});

test('relative URLs are resolved against the page', async () => {
  const server = await serve(fileHandler(folder));
  vi.stubGlobal('location', new URL(`${server.url}/app/index.html`));
  onTestFinished(() => void vi.unstubAllGlobals());
  expect((await (await openSource('../folder/')).open('big.bin'))?.size).toBe(BIG.length);
  expect((await (await openSource('/folder')).open('big.bin'))?.size).toBe(BIG.length);
});
