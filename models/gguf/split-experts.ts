import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { CheckpointError } from '../errors/checkpoint-error.ts';

/**
 * The tensors of the single experts that llama.cpp has in one [experts, …]. Rows are whole blocks that follow each other,
 * so each expert's lie in one piece.
 *
 * @param tensor Under the Hub's name, with `*` for the number of the expert.
 * @param storedName Its name in the file, for errors.
 * @throws CheckpointError where its first dimension is not `experts`
 */
export function splitExperts(tensor: TensorInfo, experts: number, storedName: string): TensorInfo[] {
  const { file, name, shape, offset } = tensor;
  if (shape[0] !== experts) throw new CheckpointError('tensor-shape', `has shape [${shape.join(', ')}], expected ${experts} experts in its first dimension`, { file, tensor: storedName });
  // Of a type that is not understood the length is a guess: the file's padding may be part of it.
  const byteLength = Math.floor(tensor.byteLength / experts);
  return Array.from({ length: experts }, (_, i) => ({ ...tensor, name: name.replace('*', String(i)), shape: shape.slice(1), offset: offset + i * byteLength, byteLength }));
}
