import { CheckpointError } from '../errors/checkpoint-error.ts';
import { parseJson } from '../json/parse-json.ts';
import { readText } from '../json/read-text.ts';
import { readHeader } from '../safetensors/read-header.ts';
import type { TensorInfo } from './tensor-info.ts';
import type { Source, SourceFile } from '../sources/source.ts';
import { inParallel } from './in-parallel.ts';
import { parseIndex } from './parse-index.ts';

const SINGLE = 'model.safetensors';
const INDEX = 'model.safetensors.index.json';

export interface Weights {
  /** The file that lists the tensors. */
  readonly file: string;
  readonly files: ReadonlyMap<string, SourceFile>;
  /** By name, in file order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

/** Reads the header of the one weight file, or those of the shards that the index names. */
export async function openWeights(source: Source, signal: AbortSignal | undefined): Promise<Weights> {
  const single = await source.open(SINGLE, signal);
  if (single) return weightsOf(SINGLE, [{ file: single, tensors: await readHeader(single, signal) }]);
  const indexFile = await source.open(INDEX, signal);
  if (!indexFile) {
    throw new CheckpointError('missing-file', `is not in ${source.name}, nor is ${INDEX}; weights in other formats (pytorch_model.bin) have to be converted to safetensors first, and a GGUF file is loaded by its own name (org/name/file.gguf, https://…/file.gguf)`, { file: SINGLE });
  }
  const index = parseIndex(parseJson(await readText(indexFile, signal), INDEX), INDEX);
  const shardNames = [...new Set(index.values())].sort();
  const shards = await openShards(source, shardNames, signal);
  const held = new Map(shards.map(({ file, tensors }) => [file.name, new Set(tensors.map(({ name }) => name))]));
  for (const [tensor, file] of index) {
    if (!held.get(file)?.has(tensor)) throw new CheckpointError('missing-tensor', `is not in this shard, where ${INDEX} says it is; the download is incomplete or mixes versions`, { file, tensor });
  }
  // The index decides: a shard may hold tensors that belong to no model or, under the same name, to another shard.
  return weightsOf(INDEX, shards.map(({ file, tensors }) => ({ file, tensors: tensors.filter(({ name }) => index.get(name) === file.name) })));
}

interface Shard {
  readonly file: SourceFile;
  readonly tensors: readonly TensorInfo[];
}

function weightsOf(file: string, shards: readonly Shard[]): Weights {
  return {
    file,
    files: new Map(shards.map((shard) => [shard.file.name, shard.file])),
    tensors: new Map(shards.flatMap(({ tensors }) => tensors.map((tensor) => [tensor.name, tensor]))),
  };
}

function openShards(source: Source, names: readonly string[], signal: AbortSignal | undefined): Promise<Shard[]> {
  const open = async (name: string, either: AbortSignal): Promise<Shard> => {
    const file = await source.open(name, either);
    if (!file) throw new CheckpointError('missing-file', `is not in ${source.name}, but ${INDEX} names it`, { file: name });
    return { file, tensors: await readHeader(file, either) };
  };
  return inParallel(names, open, signal);
}
