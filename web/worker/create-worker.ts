import EngineWorker from './worker.ts?worker&inline';

/**
 * Starts the engine's worker. It is built into the script itself and started from a blob: a page may load `sluice.js`
 * from another origin, and browsers refuse to start a worker from there.
 */
export function createWorker(): Worker {
  return new EngineWorker({ name: 'sluice' });
}
