import { CheckpointError } from '../errors/checkpoint-error.ts';
import { isObject } from '../json/parse-json.ts';

/** The `weight_map` of an index file: names of tensors → paths of shards inside the checkpoint's folder. */
export function parseIndex(index: unknown, file: string): ReadonlyMap<string, string> {
  const map = isObject(index) ? index.weight_map : undefined;
  if (!isObject(map)) throw new CheckpointError('index', 'has no "weight_map" object from names of tensors to shards', { file });
  const shards = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(map)) {
    if (typeof shard !== 'string' || !isInside(shard)) {
      throw new CheckpointError('index', `its shard is ${JSON.stringify(shard)}, expected the path of a .safetensors file inside the folder`, { file, tensor });
    }
    shards.set(tensor, shard);
  }
  return shards;
}

function isInside(path: string): boolean {
  return /^[^\\:]+\.safetensors$/.test(path) && !path.includes('\0') && path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
}
