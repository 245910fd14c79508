/** Headers that are read at the same time: what a browser allows one host over HTTP/1.1. */
const AT_ONCE = 6;

/** The results in the items' order. The first failure aborts what is under way and is thrown. */
export async function inParallel<Item, Result>(items: readonly Item[], task: (item: Item, signal: AbortSignal) => Promise<Result>, signal: AbortSignal | undefined): Promise<Result[]> {
  const controller = new AbortController();
  const either = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal;
  const results: Result[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < items.length) {
      const i = next++;
      results[i] = await task(items[i], either);
    }
  };
  const workers = Array.from({ length: AT_ONCE }, work);
  try {
    await Promise.all(workers);
  } finally {
    controller.abort();
    await Promise.allSettled(workers);
  }
  return results;
}
