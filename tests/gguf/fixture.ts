import { readFile } from 'node:fs/promises';
import type { Checkpoint } from '../../models/checkpoint/checkpoint.ts';
import { openCheckpoint } from '../../models/checkpoint/open-checkpoint.ts';
import { toFloat32 } from '../../models/safetensors/to-float32.ts';
import type { HubCheckpoint, HubConfig, HubTensor } from '../support/gguf/hub-checkpoint.ts';
import { memorySource } from '../support/memory-source.ts';

export async function openFixture(name: string): Promise<Checkpoint> {
  const read = async (file: string): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await readFile(new URL(`../fixtures/${name}/${file}`, import.meta.url)));
  return openCheckpoint(memorySource({ 'config.json': await read('config.json'), 'model.safetensors': await read('model.safetensors') }));
}

/** The whole of a checkpoint, in f32. */
export async function readWhole(checkpoint: Checkpoint): Promise<HubCheckpoint> {
  const tensors: HubTensor[] = [];
  for await (const { tensor, bytes } of checkpoint.read(checkpoint.tensors.keys())) tensors.push({ name: tensor.name, shape: tensor.shape, values: Float32Array.from(toFloat32(tensor, bytes)) });
  return { config: checkpoint.config as unknown as HubConfig, tensors };
}
