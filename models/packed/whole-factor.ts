import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { toFloat32 } from '../safetensors/to-float32.ts';
import { badValue, requireTensor } from './module-tensors.ts';
import type { PackedModule } from './packing.ts';

/** The module's tensor that holds one number for all of its weight, in f32. Throws `CheckpointError` naming it. */
export const wholeTensor = (module: PackedModule, suffix: string): TensorInfo => requireTensor(module, suffix, { dtypes: ['F32'], shapes: [[], [1]] });

/** What multiplies all of a weight, from the number in such a tensor. Throws `CheckpointError` where it is not finite. */
export function wholeFactor(tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer> | undefined, factorOf: (stored: number) => number = (stored) => stored): number {
  if (!bytes) throw new RangeError(`${tensor.name} has not been read`);
  const [value] = toFloat32(tensor, bytes);
  const factor = Math.fround(factorOf(value));
  if (!Number.isFinite(factor)) throw badValue(tensor, `is ${value}, which makes every weight infinite or no number`);
  return factor;
}
