import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { CheckpointError } from '../errors/checkpoint-error.ts';
import { toFloat32 } from '../safetensors/to-float32.ts';
import type { SourceFile } from '../sources/source.ts';

export const FREQUENCY_FACTORS = 'rope_freqs.weight';

/** Of the widest head that there is. */
const MOST = 1024;

/** What the frequency of each rotated pair is divided by; undefined where the file has no such tensor. */
export async function readFrequencyFactors(tensors: ReadonlyMap<string, TensorInfo>, files: ReadonlyMap<string, SourceFile>, signal: AbortSignal | undefined): Promise<number[] | undefined> {
  const tensor = tensors.get(FREQUENCY_FACTORS);
  const file = tensor && files.get(tensor.file);
  if (!file) return undefined;
  const { dtype, shape, offset, byteLength } = tensor;
  if (dtype !== 'F32' || shape.length !== 1 || shape[0] > MOST) {
    throw new CheckpointError('tensor-shape', `is ${dtype} [${shape.join(', ')}], expected F32 with one element for each rotated pair of a head`, { file: file.name, tensor: FREQUENCY_FACTORS });
  }
  return Array.from(toFloat32(tensor, await file.read(offset, offset + byteLength, signal)));
}
