import { CheckpointError } from '../errors/checkpoint-error.ts';
import { MissingTensorError } from '../errors/missing-tensor-error.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import type { Dtype } from '../safetensors/dtypes.ts';
import type { PackedModule } from './packing.ts';

/** What a tensor of a module must be. */
export interface TensorKind {
  readonly dtypes: readonly Dtype[];
  /** Any of these; absent where the shape says nothing. */
  readonly shapes?: readonly (readonly number[])[];
}

const sameShape = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((size, i) => size === b[i]);

const inWords = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

/** Throws `CheckpointError` `tensor-shape` or `unsupported-dtype`. */
function checkTensor(tensor: TensorInfo, { dtypes, shapes }: TensorKind): TensorInfo {
  const { name, file, dtype, shape } = tensor;
  if (!dtypes.some((candidate) => candidate === dtype)) {
    throw new CheckpointError('unsupported-dtype', `has dtype ${dtype}, the quantization_config asks for ${dtypes.join(' or ')}`, { file, tensor: name });
  }
  if (shapes && !shapes.some((candidate) => sameShape(candidate, shape))) {
    throw new CheckpointError('tensor-shape', `has shape ${inWords(shape)}, the quantization_config asks for ${shapes.map(inWords).join(' or ')}`, { file, tensor: name });
  }
  return tensor;
}

/** The module's tensor of this suffix, which must be there and of this kind. Throws `CheckpointError` naming it. */
export function requireTensor(module: PackedModule, suffix: string, kind: TensorKind): TensorInfo {
  const tensor = module.tensors.get(suffix);
  if (tensor) return checkTensor(tensor, kind);
  const others = [...module.tensors.values()];
  throw new MissingTensorError(`${module.name}${suffix}`, others.map(({ name }) => name).slice(0, 3), others[0]?.file ?? 'config.json');
}

/** The same where the tensor may be absent. */
export function optionalTensor(module: PackedModule, suffix: string, kind: TensorKind): TensorInfo | undefined {
  return module.tensors.has(suffix) ? requireTensor(module, suffix, kind) : undefined;
}

/** The error for a number in a tensor that cannot be. `row` is that of the weight. */
export function badValue({ name, file }: TensorInfo, message: string, row?: number): CheckpointError {
  return new CheckpointError('tensor-values', row === undefined ? message : `${message} (row ${row} of the weight)`, { file, tensor: name });
}

/** The bytes as 32-bit words, copied only where they are not aligned. */
export function wordsOf(bytes: Uint8Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Int32Array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.length / 4));
}
