/** Milliseconds between two empty submits while something is awaited. */
const INTERVAL = 0.1;

/**
 * Awaits a promise that the GPU process settles, sending empty submits meanwhile.
 *
 * Chromium's GPU process looks for finished work only when commands arrive: a plain `await mapAsync` after one dispatch
 * returns after 0.8 ms though the GPU needs 0.1, and after 3.6 ms where it needs 1.1; nudged, 0.2 and 1.1 (measured on
 * an H200). Firefox polls maps every 100 ms unless work keeps being submitted. To be deleted when browsers signal by
 * themselves. Turns of a message channel are used since timers are clamped to 4 ms.
 */
export async function nudged<T>(queue: GPUQueue, awaited: Promise<T>): Promise<T> {
  let settled = false;
  const done = awaited.finally(() => {
    settled = true;
  });
  const { port1, port2 } = new MessageChannel();
  let last = performance.now();
  port1.onmessage = () => {
    if (settled) return;
    const now = performance.now();
    if (now - last >= INTERVAL) {
      queue.submit([]);
      last = now;
    }
    port2.postMessage(null);
  };
  port2.postMessage(null);
  try {
    return await done;
  } finally {
    port1.close();
  }
}
