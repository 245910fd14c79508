import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { TensorSuffixes } from './tensor-suffixes.ts';

/** Whether a checkpoint has a tensor of this name, or tensors of a module of this name: for weights that come in more than one layout. */
export type StoredModules = (name: string) => boolean;

/** Of no checkpoint: of several layouts a model then takes the first. */
export const nothingStored: StoredModules = () => false;

/** `canonicalName`: the model's, in whose names it will ask. */
export function storedModules({ tensors }: Pick<Checkpoint, 'tensors'>, canonicalName: (name: string) => string | undefined): StoredModules {
  const names = new Set([...tensors.keys()].map(canonicalName).filter((name) => name !== undefined));
  const suffixes = new TensorSuffixes(names);
  return (name) => names.has(name) || suffixes.of(name).length > 0;
}
