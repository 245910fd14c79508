/** Rows past the step's tokens, left by a longer step. */
export const STALE_ROWS = 3;

/** A tensor of `rows` rows and the stale ones behind them, all NaN: neither read nor written. */
export function withStaleRows(data: Float32Array<ArrayBuffer>, rows: number): Float32Array<ArrayBuffer> {
  const longer = new Float32Array(data.length + (STALE_ROWS * data.length) / rows).fill(NaN);
  longer.set(data);
  return longer;
}
