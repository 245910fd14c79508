import { CheckpointError } from '../errors/checkpoint-error.ts';
import { checkNotPointer } from '../sources/git-lfs-pointer.ts';
import type { SourceFile } from '../sources/source.ts';
import { describeBytes } from './describe-bytes.ts';
import { parseHeader } from './parse-header.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';

/** The format's own limit on the length of its header. */
const HEADER_MAX = 100_000_000;

/**
 * The tensors of a safetensors file, in file order.
 *
 * @throws CheckpointError where it is no valid safetensors file.
 */
export async function readHeader(file: SourceFile, signal?: AbortSignal): Promise<TensorInfo[]> {
  const { name, size } = file;
  const head = await file.read(0, Math.min(size, 256), signal);
  checkNotPointer(name, head);
  const reject = (reason: string): never => {
    throw new CheckpointError('not-safetensors', `is not a safetensors file: ${reason}${describeBytes(head)}`, { file: name });
  };
  if (size < 8) throw new CheckpointError('truncated', `has ${size} bytes, too few for the length of a safetensors header; download it again`, { file: name });
  const length = new DataView(head.buffer).getBigUint64(0, true);
  if (length > HEADER_MAX) return reject(`its first 8 bytes give a header of ${length} bytes, at most ${HEADER_MAX} are allowed`);
  if (length < 2) return reject(`its first 8 bytes give a header of ${length} bytes`);
  const headerEnd = 8 + Number(length);
  if (head.length > 8 && head[8] !== 0x7b) return reject('its header does not begin with "{"');
  if (headerEnd > size) throw new CheckpointError('truncated', `its header should end at byte ${headerEnd}, but the file has only ${size} bytes; it is incomplete, download it again`, { file: name });
  return parseHeader(name, await file.read(8, headerEnd, signal), size);
}
