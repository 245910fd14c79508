import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { locate, parseRange, serve } from './serve.mjs';

const folder = mkdtempSync(join(tmpdir(), 'serve-'));
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  mkdirSync(join(folder, 'site/sub'), { recursive: true });
  mkdirSync(join(folder, 'other'));
  writeFileSync(join(folder, 'secret.txt'), 'secret');
  writeFileSync(join(folder, 'site/index.html'), '<p>home');
  writeFileSync(join(folder, 'site/sub/index.html'), '<p>sub');
  writeFileSync(join(folder, 'site/a b.js'), 'export {}');
  writeFileSync(join(folder, 'site/empty.bin'), '');
  writeFileSync(join(folder, 'other/model.safetensors'), Uint8Array.from({ length: 100 }, (_, i) => i));
  server = await serve({ mounts: { '/': join(folder, 'site'), '/checkpoint/0/': join(folder, 'other') }, cors: true });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

/** Status of a path sent as it is, which fetch would normalise. */
function rawStatus(path: string): Promise<number | undefined> {
  return new Promise((done, fail) => {
    get({ host: '127.0.0.1', port: server.port, path }, (response) => done(response.resume().statusCode)).on('error', fail);
  });
}

test('serves folders, their index and types', async () => {
  const home = await fetch(server.url);
  expect([home.status, home.headers.get('content-type'), await home.text()]).toEqual([200, 'text/html; charset=utf-8', '<p>home']);
  expect(await (await fetch(`${server.url}sub`)).text()).toBe('<p>sub');
  const script = await fetch(`${server.url}a%20b.js?v=1`);
  expect(script.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
  expect(script.headers.get('access-control-allow-origin')).toBe('*');
  expect((await fetch(`${server.url}empty.bin`)).headers.get('content-length')).toBe('0');
  expect((await fetch(`${server.url}absent`)).status).toBe(404);
  expect((await fetch(server.url, { method: 'POST' })).status).toBe(405);
});

test('sends the range that is asked for', async () => {
  const response = await fetch(`${server.url}checkpoint/0/model.safetensors`, { headers: { range: 'bytes=10-12' } });
  expect(response.status).toBe(206);
  expect(response.headers.get('content-range')).toBe('bytes 10-12/100');
  expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([10, 11, 12]);
  const beyond = await fetch(`${server.url}checkpoint/0/model.safetensors`, { headers: { range: 'bytes=100-' } });
  expect([beyond.status, beyond.headers.get('content-range')]).toEqual([416, 'bytes */100']);
});

test('reads ranges as RFC 9110 does', () => {
  expect(parseRange('bytes=0-', 100)).toEqual({ start: 0, end: 99 });
  expect(parseRange('bytes=-7', 100)).toEqual({ start: 93, end: 99 });
  expect(parseRange('bytes=-700', 100)).toEqual({ start: 0, end: 99 });
  expect(parseRange('bytes=90-700', 100)).toEqual({ start: 90, end: 99 });
  expect(parseRange('bytes=-0', 100)).toBe('unsatisfiable');
  for (const ignored of [undefined, 'bytes=-', 'bytes=5-4', 'bytes=0-1,4-5', 'items=0-1']) expect(parseRange(ignored, 100)).toBeUndefined();
});

describe('never leaves the mounted folders', () => {
  test.each(['/../secret.txt', '/%2e%2e/secret.txt', '/sub/..%2f..%2fsecret.txt', '/checkpoint/0/../../../secret.txt', '/..%5csecret.txt', '/%00', '/%'])('%s', async (path) => {
    expect(await rawStatus(path)).toBe(404);
  });

  test('a folder whose name only begins like the mounted one', () => {
    expect(locate({ '/': '/srv/site' }, '/../site-secrets/a')).toBeUndefined();
    expect(locate({ '/models': '/srv/m' }, '/models-old/a')).toBeUndefined();
    expect(locate({ '/models': '/srv/m' }, '/models/a')).toBe('/srv/m/a');
  });
});

test('takes the next port where one is taken', async () => {
  const next = await serve({ mounts: {}, port: server.port, attempts: 5 });
  expect(next.port).toBeGreaterThan(server.port);
  await next.close();
  await expect(serve({ mounts: {}, port: server.port })).rejects.toThrow(/EADDRINUSE/);
});
