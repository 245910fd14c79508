import { toWire, type WireError } from '../worker/wire-error.ts';
import { bench, type BenchOptions, type BenchResult } from './bench.ts';

// The page behind `npm run bench`: scripts/run-page.mjs calls `main`.

async function main(options: BenchOptions): Promise<{ result: BenchResult } | { error: WireError }> {
  try {
    return { result: await bench(options) };
  } catch (error) {
    return { error: toWire(error) };
  }
}

Object.assign(globalThis, { main });
