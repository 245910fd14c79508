import type { TensorInfo } from './tensor-info.ts';
import type { SourceFile } from '../sources/source.ts';

/** Unwanted bytes between two wanted tensors that are cheaper to receive than another request. */
const GAP = 64 * 1024;

/** One contiguous part of a file and the tensors to take from it. */
export interface Transfer {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
  readonly tensors: readonly TensorInfo[];
  /** Bytes of its tensors. */
  readonly bytes: number;
}

/**
 * Cuts tensors in file order into transfers of at most `limit` bytes, or of one larger tensor. A file that cannot be
 * read by ranges is one transfer, which the reader has to consume as it comes.
 */
export function planTransfers(files: ReadonlyMap<string, SourceFile>, tensors: readonly TensorInfo[], limit: number): Transfer[] {
  const transfers: { file: SourceFile; start: number; end: number; tensors: TensorInfo[]; bytes: number }[] = [];
  for (const tensor of tensors) {
    const file = files.get(tensor.file);
    if (!file) throw new RangeError(`${tensor.file} is not open`);
    const end = tensor.offset + tensor.byteLength;
    const last = transfers.at(-1);
    const joins = last?.file === file && (!file.ranged || (tensor.offset - last.end <= GAP && end - last.start <= limit));
    if (last && joins) {
      last.end = end;
      last.tensors.push(tensor);
      last.bytes += tensor.byteLength;
    } else {
      transfers.push({ file, start: tensor.offset, end, tensors: [tensor], bytes: tensor.byteLength });
    }
  }
  return transfers;
}
