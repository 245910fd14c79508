import type { Checkpoint, OpenOptions } from '../checkpoint/checkpoint.ts';
import { readTensors } from '../checkpoint/read-tensors.ts';
import { selectTensors } from '../checkpoint/select-tensors.ts';
import { CheckpointError } from '../errors/checkpoint-error.ts';
import { isGgmlType } from '../gguf/ggml-types.ts';
import { parseJson } from '../json/parse-json.ts';
import { readText } from '../json/read-text.ts';
import { ggmlWeight } from '../packed/ggml/ggml-weight.ts';
import type { Source } from '../sources/source.ts';
import { containerConfig } from './config.ts';
import { hubTensors } from './hub-tensors.ts';
import { readContainer } from './read-container.ts';

/**
 * Opens a file of rwkv.cpp as the checkpoint that flash-linear-attention would have of the model. It holds weights alone: a tokenizer.json is
 * taken where one lies beside it, and without one the model reads and writes token ids.
 *
 * @throws CheckpointError, ConfigError, UnsupportedModelError, and what the source throws
 */
export async function openRwkv(source: Source, path: string, { signal, onProgress, accept }: OpenOptions = {}): Promise<Checkpoint> {
  onProgress?.({ phase: 'config', loadedBytes: 0, totalBytes: 0 });
  const file = await source.open(path, signal);
  if (!file) throw new CheckpointError('missing-file', `is not in ${source.name}`, { file: path });
  const container = await readContainer(file, signal);
  const config = containerConfig(container, file.name);
  await accept?.(config, file.name);
  const tensors = hubTensors(container.tensors.values());
  const files = new Map([[file.name, file]]);
  const beside = async (name: string, textSignal = signal): Promise<string | undefined> => {
    const neighbour = await source.open(path.slice(0, path.lastIndexOf('/') + 1) + name, textSignal);
    return neighbour && readText(neighbour, textSignal);
  };
  return {
    name: source.name.endsWith('/') ? source.name + path : `${source.name}/${path}`,
    config,
    configFile: file.name,
    generationConfig: undefined,
    packing: { module: ggmlWeight },
    weightsFile: file.name,
    tensors,
    readText: beside,
    async readJson(name, jsonSignal) {
      const json = await beside(name, jsonSignal);
      return json === undefined ? undefined : parseJson(json, name);
    },
    read: (names, options = {}) => readTensors(files, selectTensors(tensors, names, { file: file.name, isKnown: isGgmlType }), options),
  };
}
