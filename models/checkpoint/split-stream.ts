import type { TensorInfo } from './tensor-info.ts';
import type { LoadedTensor } from './checkpoint.ts';

/**
 * Cuts a stream that begins at `position` of a file into these tensors, which are in file order. Memory for a tensor is
 * taken when its first byte arrives; bytes between tensors are dropped.
 */
export async function* splitStream(
  stream: AsyncIterable<Uint8Array>,
  position: number,
  tensors: readonly TensorInfo[],
  onBytes: (count: number) => void,
): AsyncGenerator<LoadedTensor, void, undefined> {
  let index = 0;
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  for await (const piece of stream) {
    let at = 0;
    while (at < piece.length && index < tensors.length) {
      const tensor = tensors[index];
      const skipped = Math.min(piece.length - at, Math.max(0, tensor.offset - position));
      at += skipped;
      position += skipped;
      if (position < tensor.offset) break;
      bytes ??= new Uint8Array(tensor.byteLength);
      const filled = position - tensor.offset;
      const taken = piece.subarray(at, at + tensor.byteLength - filled);
      bytes.set(taken, filled);
      at += taken.length;
      position += taken.length;
      if (taken.length > 0) onBytes(taken.length);
      if (filled + taken.length < tensor.byteLength) break;
      const loaded = { tensor, bytes };
      bytes = undefined;
      index++;
      yield loaded;
    }
  }
  // Tensors without elements may follow the last byte.
  for (const tensor of tensors.slice(index)) {
    if (tensor.byteLength > 0) throw new RangeError(`the stream ended at byte ${position}, inside tensor ${tensor.name}`);
    yield { tensor, bytes: new Uint8Array(0) };
  }
}
