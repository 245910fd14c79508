/** How patient downloads are. */
export interface RetryPolicy {
  /** Milliseconds to wait before each retry; their number is the number of retries without progress in between. */
  readonly delaysMs: readonly number[];
  /** Milliseconds without a byte after which a connection counts as broken. */
  readonly stallMs: number;
}

export const DEFAULT_RETRY: RetryPolicy = { delaysMs: [250, 1000, 4000], stallMs: 60_000 };

/** Bytes after which a connection has proved itself, so that a long download survives any number of separate cuts. */
const PROGRESS_BYTES = 1 << 20;

/** Counts the retries of one transfer. */
export class Retries {
  #used = 0;
  #bytes = 0;
  readonly #policy: RetryPolicy;

  constructor(policy: RetryPolicy) {
    this.#policy = policy;
  }

  received(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes >= PROGRESS_BYTES) this.#used = 0;
  }

  get attempts(): number {
    return this.#used + 1;
  }

  /** Waits before the next attempt; false where there is none left. Rejects with the signal's reason when it aborts. */
  async next(signal: AbortSignal | undefined): Promise<boolean> {
    signal?.throwIfAborted();
    const delay = this.#policy.delaysMs[this.#used];
    if (delay === undefined) return false;
    this.#used++;
    this.#bytes = 0;
    await sleep(delay, signal);
    return true;
  }
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}
