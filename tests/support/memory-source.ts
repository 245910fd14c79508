import { checkRange } from '../../models/sources/range.ts';
import type { Source, SourceFile } from '../../models/sources/source.ts';

export interface MemorySource extends Source {
  /** Every range that was read, in order. */
  readonly reads: { readonly file: string; readonly start: number; readonly end: number }[];
}

/** Files in memory; `single` is the one that was asked for. */
export function memorySource(files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>, single?: string): MemorySource {
  const reads: { file: string; start: number; end: number }[] = [];
  return {
    name: 'memory',
    ...(single !== undefined && { single }),
    reads,
    open: (path) => Promise.resolve(Object.hasOwn(files, path) ? fileOf(path, files[path], reads) : undefined),
  };
}

function fileOf(name: string, bytes: Uint8Array<ArrayBuffer>, reads: MemorySource['reads']): SourceFile {
  const read = (start: number, end: number): Promise<Uint8Array<ArrayBuffer>> => {
    checkRange(name, start, end, bytes.length);
    reads.push({ file: name, start, end });
    return Promise.resolve(bytes.slice(start, end));
  };
  return {
    name,
    size: bytes.length,
    ranged: true,
    read,
    async *stream(start, end) {
      if (end > start) yield await read(start, end);
    },
  };
}
