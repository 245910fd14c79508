import { abortable } from '../../engine/gpu/abortable.ts';
import { importModule } from '../../engine/modules/import-module.ts';
import { ConfigReader } from '../config/config-reader.ts';
import { CheckpointError } from '../errors/checkpoint-error.ts';
import { parseJson } from '../json/parse-json.ts';
import { readText } from '../json/read-text.ts';
import type { ModelSource } from '../load/load-options.ts';
import { isDtype } from '../safetensors/dtypes.ts';
import { openSource } from '../sources/open-source.ts';
import { importPacking } from '../packed/import-packing.ts';
import type { Source } from '../sources/source.ts';
import type { Checkpoint, OpenOptions } from './checkpoint.ts';
import { parseConfig } from './parse-config.ts';
import { readTensors } from './read-tensors.ts';
import { selectTensors } from './select-tensors.ts';
import { openWeights } from './open-weights.ts';

const CONFIG = 'config.json';

/**
 * Reads a checkpoint's config and the headers of its weights: of a folder as the Hub has it, of a GGUF file, or of a file of rwkv.cpp.
 *
 * @throws SourceError, AccessError, DownloadError, FileReadError, CheckpointError, and of a single file ConfigError and UnsupportedModelError
 */
export async function openCheckpoint(source: ModelSource | Source, { signal, onProgress, accept }: OpenOptions = {}): Promise<Checkpoint> {
  const folder = isSource(source) ? source : await abortable(openSource(source), signal);
  const { single } = folder;
  if (single !== undefined) {
    const open = /gguf$/i.test(single) ? async () => (await import('../gguf/open-gguf.ts')).openGguf : async () => (await import('../rwkv-container/open-rwkv.ts')).openRwkv;
    return (await abortable(importModule(open), signal))(folder, single, { signal, onProgress, accept });
  }
  const text = async (path: string, textSignal = signal): Promise<string | undefined> => {
    const file = await folder.open(path, textSignal);
    return file && readText(file, textSignal);
  };
  onProgress?.({ phase: 'config', loadedBytes: 0, totalBytes: 0 });
  const configText = await text(CONFIG);
  if (configText === undefined) {
    throw new CheckpointError('missing-file', `is not in ${folder.name}; a checkpoint folder needs config.json, tokenizer.json and model.safetensors (or model.safetensors.index.json with its shards); a GGUF file is loaded by its own name (org/name/file.gguf, https://…/file.gguf)`, { file: CONFIG });
  }
  const config = parseConfig(configText, CONFIG);
  await accept?.(config, CONFIG);
  const packing = await abortable(importPacking(new ConfigReader(config, CONFIG)), signal);
  const generationText = await text('generation_config.json');
  const generationConfig = generationText === undefined ? undefined : parseConfig(generationText, 'generation_config.json');
  const { file, files, tensors } = await openWeights(folder, signal);
  return {
    name: folder.name,
    config,
    configFile: CONFIG,
    generationConfig,
    packing,
    weightsFile: file,
    tensors,
    readText: text,
    async readJson(path, jsonSignal) {
      const json = await text(path, jsonSignal);
      return json === undefined ? undefined : parseJson(json, path);
    },
    read: (names, options = {}) => readTensors(files, selectTensors(tensors, names, { file, isKnown: isDtype }), options),
  };
}

function isSource(source: ModelSource | Source): source is Source {
  return typeof source === 'object' && 'open' in source;
}
