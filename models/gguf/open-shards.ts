import { inParallel } from '../checkpoint/in-parallel.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { CheckpointError } from '../errors/checkpoint-error.ts';
import type { Source, SourceFile } from '../sources/source.ts';
import { locateTensors } from './locate-tensors.ts';
import type { GgufMetadata } from './metadata.ts';
import { readHeader } from './read-header.ts';
import { splitPaths, splitPlace } from './split.ts';

/** A model's files, of which only the headers have been read. */
export interface GgufShards {
  /** Of the first file, which alone describes the model. */
  readonly metadata: GgufMetadata;
  /** The first file. */
  readonly file: string;
  readonly files: ReadonlyMap<string, SourceFile>;
  /** By name in the files, in their order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

interface Shard {
  readonly file: SourceFile;
  readonly metadata: GgufMetadata;
  readonly tensors: readonly TensorInfo[];
}

/**
 * Opens the GGUF file at `path` and, where it is one of several, all the others.
 *
 * @throws CheckpointError where a file is missing, damaged, or of another model
 */
export async function openShards(source: Source, path: string, signal: AbortSignal | undefined): Promise<GgufShards> {
  const given = await openShard(source, path, 'give the address of a GGUF file', signal);
  const paths = splitPaths(path, given.metadata);
  const open = (other: string, either: AbortSignal): Promise<Shard> => (other === path ? Promise.resolve(given) : openShard(source, other, `the model is in ${paths.length} files, and ${path} needs all of them`, either));
  const shards = await inParallel(paths, open, signal);
  shards.forEach(({ file, metadata }, i) => {
    const { index, count } = splitPlace(file.name, metadata);
    if (index !== i || count !== paths.length) throw new CheckpointError('gguf-split', `is file ${index + 1} of ${count} by its header, file ${i + 1} of ${paths.length} by its name; the files are of different models`, { file: file.name });
  });
  const tensors = new Map<string, TensorInfo>();
  for (const tensor of shards.flatMap((shard) => shard.tensors)) {
    const twin = tensors.get(tensor.name);
    if (twin) throw new CheckpointError('duplicate-tensor', `is in ${twin.file} too`, { file: tensor.file, tensor: tensor.name });
    tensors.set(tensor.name, tensor);
  }
  const [{ file, metadata }] = shards;
  const announced = metadata.get('split.tensors.count');
  if (announced !== undefined && paths.length > 1 && announced !== tensors.size) {
    throw new CheckpointError('gguf-split', `announces ${JSON.stringify(announced)} tensors in all files, but they hold ${tensors.size}; the files are of different models`, { file: file.name });
  }
  return { metadata, file: file.name, files: new Map(shards.map((shard) => [shard.file.name, shard.file])), tensors };
}

async function openShard(source: Source, path: string, advice: string, signal: AbortSignal | undefined): Promise<Shard> {
  const file = await source.open(path, signal);
  if (!file) throw new CheckpointError('missing-file', `is not in ${source.name}; ${advice}`, { file: path });
  const header = await readHeader(file, signal);
  return { file, metadata: header.metadata, tensors: locateTensors(file.name, header, file.size) };
}
