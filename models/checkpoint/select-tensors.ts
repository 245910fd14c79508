import { CheckpointError } from '../errors/checkpoint-error.ts';
import { MissingTensorError } from '../errors/missing-tensor-error.ts';
import type { TensorInfo } from './tensor-info.ts';
import { nearestNames } from './nearest-names.ts';

export interface SelectOptions {
  /** The file that lists the tensors, for errors. */
  readonly file: string;
  /** Whether a dtype is one that tensors of such files are read in. */
  readonly isKnown: (dtype: string) => boolean;
}

/**
 * The tensors of these names, each once and in file order.
 *
 * @throws MissingTensorError where there is none; CheckpointError where its dtype is not understood.
 */
export function selectTensors(tensors: ReadonlyMap<string, TensorInfo>, names: Iterable<string>, { file, isKnown }: SelectOptions): TensorInfo[] {
  const wanted = new Set(names);
  for (const name of wanted) {
    const tensor = tensors.get(name);
    if (!tensor) throw new MissingTensorError(name, nearestNames(name, tensors.keys()), file);
    if (!isKnown(tensor.dtype)) throw new CheckpointError('unsupported-dtype', `has dtype ${tensor.dtype}, which is not understood`, { file: tensor.file, tensor: name });
  }
  return [...tensors.values()].filter(({ name }) => wanted.has(name));
}
