import { readFile } from 'node:fs/promises';
import type { Checkpoint } from '../../models/checkpoint/checkpoint.ts';
import { openCheckpoint } from '../../models/checkpoint/open-checkpoint.ts';
import { toFloat32 } from '../../models/safetensors/to-float32.ts';
import { memorySource } from '../support/memory-source.ts';

/** A tensor of the Hub, in f32. */
export interface HubTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export async function openFixture(name: string): Promise<Checkpoint> {
  const read = async (file: string): Promise<Uint8Array<ArrayBuffer>> => new Uint8Array(await readFile(new URL(`../fixtures/${name}/${file}`, import.meta.url)));
  return openCheckpoint(memorySource({ 'config.json': await read('config.json'), 'model.safetensors': await read('model.safetensors') }));
}

export async function fixtureTensors(checkpoint: Checkpoint): Promise<Map<string, HubTensor>> {
  const tensors = new Map<string, HubTensor>();
  for await (const { tensor, bytes } of checkpoint.read(checkpoint.tensors.keys())) tensors.set(tensor.name, { shape: tensor.shape, values: toFloat32(tensor, bytes) });
  return tensors;
}
