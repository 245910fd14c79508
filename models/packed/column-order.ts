import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { badValue, wordsOf } from './module-tensors.ts';
import { groupsIn } from './scale-scope.ts';

/**
 * GPTQ quantises columns in the order of their importance ("act-order"), so that those of a group need not be neighbours: a tensor of i32 [inputs] names
 * the group of each column. Put in the order of their groups they are as regular as any other weight; within a group they stay in theirs.
 *
 * @returns The column of the checkpoint that becomes input k, [inputs]; `undefined` where all are in order already.
 * @throws CheckpointError unless each group has exactly its columns.
 */
export function columnOrder(tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>, inputs: number, group: number): Uint32Array<ArrayBuffer> | undefined {
  const indices = wordsOf(bytes);
  const groups = groupsIn(inputs, group);
  const startOf = (index: number): number => (index === 0 ? 0 : index * group);
  const sizes = new Uint32Array(groups);
  let sorted = true;
  for (let k = 0; k < inputs; k++) {
    const index = indices[k];
    if (index < 0 || index >= groups) throw badValue(tensor, `puts column ${k} into group ${index}, but there are ${groups} groups`);
    sizes[index]++;
    if (k > 0 && index < indices[k - 1]) sorted = false;
  }
  sizes.forEach((size, index) => {
    const wanted = Math.min(group, inputs - startOf(index));
    if (size !== wanted) throw badValue(tensor, `puts ${size} columns into group ${index}, which should have ${wanted}`);
  });
  if (sorted) return undefined;
  const next = Uint32Array.from({ length: groups }, (_, index) => startOf(index));
  const order = new Uint32Array(inputs);
  for (let k = 0; k < inputs; k++) order[next[indices[k]]++] = k;
  return order;
}
