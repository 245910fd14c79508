import type { Checkpoint, JsonObject, OpenOptions } from '../checkpoint/checkpoint.ts';
import { readTensors } from '../checkpoint/read-tensors.ts';
import { selectTensors } from '../checkpoint/select-tensors.ts';
import { ConfigError } from '../errors/config-error.ts';
import { UnsupportedModelError } from '../errors/unsupported-model-error.ts';
import { ggmlWeight } from '../packed/ggml/ggml-weight.ts';
import type { PackedModule, PackedWeight } from '../packed/packing.ts';
import { withFactor } from '../packed/with-factor.ts';
import type { Source } from '../sources/source.ts';
import type { GgufArchitecture } from './architectures/architecture.ts';
import { findGgufArchitecture, ggufArchitectures } from './architectures/registry.ts';
import { readFrequencyFactors } from './frequency-factors.ts';
import { generationConfig } from './generation-config.ts';
import { isGgmlType } from './ggml-types.ts';
import { hubTensors } from './hub-tensors.ts';
import type { GgufMetadata } from './metadata.ts';
import { modelKeys } from './model-keys.ts';
import { openShards } from './open-shards.ts';
import { textFiles } from './text/text-files.ts';

/**
 * Opens a GGUF file, or the several files of a split model, as the checkpoint that it was made from: with the Hub's
 * config and the Hub's names, and a note on every tensor that is stored otherwise than there.
 *
 * @throws CheckpointError, ConfigError, UnsupportedModelError, and what the source throws
 */
export async function openGguf(source: Source, path: string, { signal, onProgress, accept }: OpenOptions = {}): Promise<Checkpoint> {
  onProgress?.({ phase: 'config', loadedBytes: 0, totalBytes: 0 });
  const { metadata, file, files, tensors } = await openShards(source, path, signal);
  const { name: architectureName, architecture } = architectureOf(metadata, file);
  const frequencyFactors = await readFrequencyFactors(tensors, files, signal);
  const generation = generationConfig(metadata, file);
  const config: JsonObject = {
    ...architecture.config({ keys: modelKeys(metadata, architectureName, file), tensors, frequencyFactors }),
    ...(generation.bos_token_id !== undefined && { bos_token_id: generation.bos_token_id }),
    eos_token_id: generation.eos_token_id,
  };
  await accept?.(config, file);
  const named = hubTensors(tensors, architecture, config);
  return {
    name: source.name.endsWith('/') ? source.name + path : `${source.name}/${path}`,
    config,
    configFile: file,
    generationConfig: generation,
    packing: { module: ggmlModule },
    weightsFile: file,
    tensors: named,
    readText: () => Promise.resolve(undefined),
    readJson: textFiles(metadata, source, path),
    read: (names, options = {}) => readTensors(files, selectTensors(named, names, { file, isKnown: isGgmlType }), options),
  };
}

function ggmlModule(module: PackedModule): PackedWeight | undefined {
  const weight = ggmlWeight(module);
  return weight && withFactor(weight, module);
}

function architectureOf(metadata: GgufMetadata, file: string): { readonly name: string; readonly architecture: GgufArchitecture } {
  const name = metadata.get('general.architecture');
  if (typeof name !== 'string') throw new ConfigError(file, 'general.architecture', `one of ${ggufArchitectures.map((known) => JSON.stringify(known)).join(', ')}`, name);
  const architecture = findGgufArchitecture(name);
  if (!architecture) throw new UnsupportedModelError(name, ggufArchitectures);
  return { name, architecture };
}
