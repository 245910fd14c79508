import engine from './worker.ts?worker&url';
import type { BootFailure } from './protocol.ts';

/**
 * What the blob holds: it imports the engine's script and until then keeps what it is sent. Imported dynamically, so that the page
 * is told what went wrong: a worker whose own script fails only says that it failed.
 */
const boot = (url: string): string => `
const early = [];
const keep = ({ data }) => early.push(data);
addEventListener('message', keep);
URL.revokeObjectURL(import.meta.url);
import(${JSON.stringify(url)}).then(() => {
  removeEventListener('message', keep);
  for (const data of early) dispatchEvent(new MessageEvent('message', { data }));
}, ({ message }) => postMessage({ type: ${JSON.stringify('boot-failure' satisfies BootFailure['type'])}, url: ${JSON.stringify(url)}, message }));
`;

/**
 * Starts the engine's worker, whose scripts lie beside this one. Browsers refuse to start a worker from another origin, from which a page may
 * well load `sluice.js`; but a blob belongs to the page that made it, and may import from wherever `Access-Control-Allow-Origin` lets it.
 */
export function createWorker(): Worker {
  const script = new Blob([boot(new URL(engine, import.meta.url).href)], { type: 'text/javascript' });
  return new Worker(URL.createObjectURL(script), { name: 'sluice', type: 'module' });
}
