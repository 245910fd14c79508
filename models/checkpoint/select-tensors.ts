import { CheckpointError } from '../errors/checkpoint-error.ts';
import { MissingTensorError } from '../errors/missing-tensor-error.ts';
import { isBlockType } from '../gguf/ggml-types.ts';
import { isDtype } from '../safetensors/dtypes.ts';
import type { TensorInfo } from './tensor-info.ts';
import { nearestNames } from './nearest-names.ts';

/**
 * The tensors of these names, each once and in file order. `file` is the one that lists them, for errors.
 *
 * @throws MissingTensorError where there is none; CheckpointError where its dtype is not understood.
 */
export function selectTensors(tensors: ReadonlyMap<string, TensorInfo>, names: Iterable<string>, file: string): TensorInfo[] {
  const wanted = new Set(names);
  for (const name of wanted) {
    const tensor = tensors.get(name);
    if (!tensor) throw new MissingTensorError(name, nearestNames(name, tensors.keys()), file);
    if (!isDtype(tensor.dtype) && !isBlockType(tensor.dtype)) throw new CheckpointError('unsupported-dtype', `has dtype ${tensor.dtype}, which is not understood`, { file: tensor.file, tensor: name });
  }
  return [...tensors.values()].filter(({ name }) => wanted.has(name));
}
