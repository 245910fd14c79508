import { CheckpointError } from '../errors/checkpoint-error.ts';
import { describeBytes } from '../safetensors/describe-bytes.ts';
import { checkNotPointer } from '../sources/git-lfs-pointer.ts';
import type { SourceFile } from '../sources/source.ts';
import { OutOfBytes } from './byte-reader.ts';
import { parseHeader, type GgufHeader } from './parse-header.ts';

/** What is read of a file at first; vocabularies need more. */
const WINDOW = 64 * 1024;
/** Vocabularies of a quarter of a million tokens make headers of some 16 MB. */
const HEADER_MAX = 256 * 1024 * 1024;

/**
 * The header of a GGUF file, read in windows that double until it fits.
 *
 * @throws CheckpointError where it is no valid GGUF file.
 */
export async function readHeader(file: SourceFile, signal?: AbortSignal): Promise<GgufHeader> {
  const { name, size } = file;
  let bytes = await file.read(0, Math.min(size, WINDOW), signal);
  checkNotPointer(name, bytes);
  checkMagic(name, bytes);
  for (;;) {
    try {
      return parseHeader(name, bytes, size);
    } catch (error) {
      if (!(error instanceof OutOfBytes)) throw error;
      if (error.end > size) throw new CheckpointError('truncated', `its header goes on beyond byte ${size}, where the file ends; it is incomplete, download it again`, { file: name });
      if (error.end > HEADER_MAX) throw new CheckpointError('header', `its header goes on beyond ${HEADER_MAX} bytes; the file is damaged`, { file: name });
      bytes = await extend(file, bytes, Math.min(size, Math.max(error.end, 2 * bytes.length)), signal);
    }
  }
}

function checkMagic(file: string, head: Uint8Array): void {
  const magic = String.fromCharCode(...head.subarray(0, 4));
  if (magic === 'GGUF') return;
  if (head.length < 4) throw new CheckpointError('truncated', `has ${head.length} bytes, too few for a GGUF file; download it again`, { file });
  throw new CheckpointError('not-gguf', `is not a GGUF file: it begins with ${JSON.stringify(magic)}${describeBytes(head)}`, { file });
}

async function extend(file: SourceFile, bytes: Uint8Array, end: number, signal: AbortSignal | undefined): Promise<Uint8Array<ArrayBuffer>> {
  const more = await file.read(bytes.length, end, signal);
  const all = new Uint8Array(end);
  all.set(bytes);
  all.set(more, bytes.length);
  return all;
}
