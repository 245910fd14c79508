import { readCopies } from '../gpu/read-buffer.ts';
import type { Runner } from '../schedule/runner.ts';
import { bytesAt, type StateLayout } from './buffer-layout.ts';
import { RowSegment } from './row-segment.ts';
import { StateSnapshot } from './state-snapshot.ts';

/**
 * What a snapshot holds on the GPU: a slot of each recurrent state (none at position 0), then each buffer of keys or values,
 * the rows of the tokens before the position, head by head. One after the other, so that the browser's own copies stay small.
 */
export async function readParts({ runner, slots, rows, position }: StateSnapshot, layout: StateLayout, signal: AbortSignal): Promise<Uint8Array<ArrayBuffer>[]> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const read = async (bytes: number, copy: (encoder: GPUCommandEncoder, staging: GPUBuffer) => void): Promise<void> => {
    signal.throwIfAborted();
    parts.push(bytes === 0 ? new Uint8Array(0) : new Uint8Array(await readCopies(runner.gpu, bytes, copy)));
    runner.gpu.check();
  };
  for (const [i, slot] of slots.entries()) await read(layout.slots[i].slotBytes, (encoder, staging) => encoder.copyBufferToBuffer(slot, 0, staging, 0, staging.size));
  const chain = rows?.chain ?? [];
  if (chain.length > 0) {
    for (const [i, row] of layout.rows.entries()) {
      await read(bytesAt(row, position), (encoder, buffer) => chain.forEach((segment) => segment.copyBuffer(encoder, i, { buffer, first: 0, end: position })));
    }
  }
  signal.throwIfAborted();
  return parts;
}

/** The way back. Throws `GpuOutOfMemoryError`, `DisposedError`. */
export async function writeParts(runner: Runner, layout: StateLayout, tokens: readonly number[], position: number, parts: readonly Uint8Array<ArrayBuffer>[]): Promise<StateSnapshot> {
  const buffers = await runner.gpu.buffers.allocateAll(parts.map(({ byteLength }) => ({ label: 'kept state', bytes: Math.max(4, byteLength) })), 'state');
  runner.record(() => parts.forEach((part, i) => runner.gpu.device.queue.writeBuffer(buffers[i], 0, part)));
  const slots = buffers.slice(0, position === 0 ? 0 : layout.slots.length);
  const copy = buffers.slice(slots.length);
  const rows = copy.length > 0 ? new RowSegment(runner, layout.rows, undefined, position, copy) : undefined;
  rows?.retain();
  return new StateSnapshot(runner, tokens, position, rows, slots);
}
