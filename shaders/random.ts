/** Seeded uniform numbers in [0, 1) (mulberry32, public domain), so that a failing case is the same case tomorrow. */
export function uniform(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** `length` normal deviates (Box–Muller) times `scale`. */
export function normal(length: number, seed: number, scale = 1): Float32Array<ArrayBuffer> {
  const next = uniform(seed);
  return new Float32Array(length).map(() => scale * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
}
