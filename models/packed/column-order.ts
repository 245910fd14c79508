import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { badValue, wordsOf } from './module-tensors.ts';
import { groupsIn } from './scale-scope.ts';

/**
 * GPTQ quantises columns in the order of their importance ("act-order"), so that those of a group need not be neighbours. `g_idx` names the
 * group of each column. The columns are put in the order of their groups, which on the GPU are as regular as any other; within a group they stay in theirs.
 */
export interface ColumnOrder {
  /** Column of the checkpoint that becomes input k, [inputs]. */
  readonly order: Uint32Array<ArrayBuffer>;
  /** Its inverse: the input that a column becomes, [inputs]. */
  readonly position: Uint32Array<ArrayBuffer>;
}

/** Every column where it is. */
export const columnsAsStored = (inputs: number): Uint32Array<ArrayBuffer> => Uint32Array.from({ length: inputs }, (_, k) => k);

/**
 * The order that a tensor of group indices i32 [inputs] asks for; `undefined` where the columns are in the order of their groups already.
 * Throws `CheckpointError` unless each group has exactly its columns.
 */
export function columnOrder(tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>, inputs: number, group: number): ColumnOrder | undefined {
  const indices = wordsOf(bytes);
  const groups = groupsIn(inputs, group);
  const sizes = new Uint32Array(groups);
  let sorted = true;
  for (let k = 0; k < inputs; k++) {
    const index = indices[k];
    if (index < 0 || index >= groups) throw badValue(tensor, `puts column ${k} into group ${index}, but there are ${groups} groups of ${group} columns`);
    sizes[index]++;
    if (k > 0 && index < indices[k - 1]) sorted = false;
  }
  sizes.forEach((size, index) => {
    const wanted = Math.min(group, inputs - (index && index * group));
    if (size !== wanted) throw badValue(tensor, `puts ${size} columns into group ${index}, which should have ${wanted}`);
  });
  if (sorted) return undefined;
  const next = Uint32Array.from({ length: groups }, (_, index) => index && index * group);
  const order = new Uint32Array(inputs);
  const position = new Uint32Array(inputs);
  for (let k = 0; k < inputs; k++) {
    position[k] = next[indices[k]]++;
    order[position[k]] = k;
  }
  return { order, position };
}
