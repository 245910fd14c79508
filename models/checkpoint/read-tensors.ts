import type { TensorInfo } from './tensor-info.ts';
import type { SourceFile } from '../sources/source.ts';
import type { LoadedTensor, ReadOptions } from './checkpoint.ts';
import { planTransfers, type Transfer } from './plan-transfers.ts';
import { splitStream } from './split-stream.ts';

const WINDOW = 64 * 1024 * 1024;

/** Transfers that run at once, so that one's latency hides behind the other's bytes. */
const AT_ONCE = 2;

/** Reads tensors, given in file order; see `Checkpoint.read`. */
export async function* readTensors(
  files: ReadonlyMap<string, SourceFile>,
  tensors: readonly TensorInfo[],
  { signal, onProgress, window = WINDOW }: ReadOptions,
): AsyncGenerator<LoadedTensor, void, undefined> {
  const controller = new AbortController();
  const either = signal ? AbortSignal.any([signal, controller.signal]) : controller.signal;
  // Half a window each, so that one transfer can run while another is consumed.
  const transfers = planTransfers(files, tensors, Math.floor(window / 2));
  const limit = tensors.reduce((largest, { byteLength }) => Math.max(largest, byteLength), 0) + window;

  let loadedBytes = 0;
  const totalBytes = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const onBytes = (count: number): void => {
    loadedBytes += count;
    onProgress?.({ phase: 'weights', loadedBytes, totalBytes });
  };
  const split = ({ file, start, end, tensors: parts }: Transfer): AsyncGenerator<LoadedTensor, void, undefined> =>
    splitStream(file.stream(start, end, either), start, parts, onBytes);

  const running: Promise<LoadedTensor[]>[] = [];
  let held = 0;
  let next = 0;
  const startTransfers = (): void => {
    while (next < transfers.length && running.length < AT_ONCE) {
      const transfer = transfers[next];
      if (!transfer.file.ranged || (held > 0 && held + transfer.bytes > limit)) return;
      held += transfer.bytes;
      next++;
      const loading = collectAll(split(transfer));
      // Its failure is thrown when its turn comes; until then it is no unhandled rejection.
      loading.catch(() => undefined);
      running.push(loading);
    }
  };
  try {
    for (;;) {
      signal?.throwIfAborted();
      startTransfers();
      if (running.length > 0) {
        const loaded = await running[0];
        void running.shift();
        // Taken out one by one: what the consumer is done with is not held here.
        for (let item = loaded.shift(); item; item = loaded.shift()) {
          startTransfers();
          signal?.throwIfAborted();
          yield item;
          // Not the buffer's length: the consumer may have transferred it.
          held -= item.tensor.byteLength;
        }
      } else if (next < transfers.length) {
        yield* split(transfers[next++]);
      } else {
        return;
      }
    }
  } finally {
    controller.abort();
    await Promise.allSettled(running);
  }
}

async function collectAll(items: AsyncIterable<LoadedTensor>): Promise<LoadedTensor[]> {
  const all: LoadedTensor[] = [];
  for await (const item of items) all.push(item);
  return all;
}
