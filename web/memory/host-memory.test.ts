import { afterEach, expect, test, vi } from 'vitest';
import { hostBytes, watchHostMemory } from './host-memory.ts';

afterEach(() => vi.unstubAllGlobals());

/** A browser in which the measurement is there, and does this. */
function browserWhere(measure: () => Promise<{ bytes: number }>): void {
  vi.stubGlobal('crossOriginIsolated', true);
  vi.stubGlobal('performance', { measureUserAgentSpecificMemory: measure });
}

test('a browser that refuses to measure does not tell; whatever else goes wrong is thrown', async () => {
  browserWhere(() => Promise.resolve({ bytes: 7 }));
  expect(await hostBytes()).toBe(7);
  browserWhere(() => Promise.reject(new DOMException('not available', 'SecurityError')));
  expect(await hostBytes()).toBeUndefined();
  browserWhere(() => Promise.reject(new DOMException('gone', 'InvalidStateError')));
  await expect(hostBytes()).rejects.toThrow('gone');
});

test('a watcher hears once that the browser does not tell', async () => {
  browserWhere(() => Promise.reject(new DOMException('not available', 'SecurityError')));
  const heard: unknown[] = [];
  await watchHostMemory((bytes) => heard.push(bytes), new AbortController().signal);
  expect(heard).toEqual([undefined]);
});
