/** Milliseconds between two empty submits while something is awaited that nothing else was submitted after. */
const INTERVAL = 0.1;
/** The same while later work is under way: on an H200, 0.1 ms costs a tenth of the tokens per second and 1 ms nothing. */
const BUSY_INTERVAL = 1;
/** Turns without anybody waiting after which the channel closes: between two tokens there are a few. */
const IDLE_TURNS = 100;

interface Waiter {
  readonly queue: GPUQueue;
  readonly interval: number;
  last: number;
}

const waiting = new Set<Waiter>();
let channel: MessageChannel | undefined;

/**
 * Awaits a promise that the GPU process settles, sending empty submits meanwhile. `busy`: later work is under way.
 *
 * Chromium's GPU process looks for finished work only when commands arrive: a plain `await mapAsync` after one dispatch
 * returns after 0.8 ms though the GPU needs 0.1, and after 3.6 ms where it needs 1.1; nudged, 0.2 and 1.1 (measured on
 * an H200). Firefox polls maps every 100 ms unless work keeps being submitted. To be deleted when browsers signal by
 * themselves. Turns of a message channel are used since timers are clamped to 4 ms.
 */
export async function nudged<T>(queue: GPUQueue, awaited: Promise<T>, busy: boolean): Promise<T> {
  const waiter: Waiter = { queue, interval: busy ? BUSY_INTERVAL : INTERVAL, last: performance.now() };
  waiting.add(waiter);
  if (!channel) start();
  try {
    return await awaited;
  } finally {
    waiting.delete(waiter);
  }
}

/** One channel for all that wait; it closes when nobody has waited for a while, so that an idle page does not spin. */
function start(): void {
  const { port1, port2 } = (channel = new MessageChannel());
  let idle = 0;
  port1.onmessage = () => {
    idle = waiting.size === 0 ? idle + 1 : 0;
    if (idle > IDLE_TURNS) {
      port1.close();
      channel = undefined;
      return;
    }
    const now = performance.now();
    for (const waiter of waiting) {
      if (now - waiter.last < waiter.interval) continue;
      waiter.queue.submit([]);
      waiter.last = now;
    }
    port2.postMessage(null);
  };
  port2.postMessage(null);
}
