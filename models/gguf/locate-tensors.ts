import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { CheckpointError, type CheckpointProblem } from '../errors/checkpoint-error.ts';
import { ConfigError } from '../errors/config-error.ts';
import { GGML_TYPES, ggmlTypeName } from './ggml-types.ts';
import type { GgufHeader, GgufTensor } from './parse-header.ts';

const DEFAULT_ALIGNMENT = 32;

/**
 * Where in the file each tensor lies, in file order and under its own name.
 *
 * @throws ConfigError for the alignment; CheckpointError for offsets and sizes that do not fit the file or each other
 */
export function locateTensors(file: string, { metadata, tensors, length }: GgufHeader, fileSize: number): TensorInfo[] {
  const alignment = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  if (typeof alignment !== 'number' || !Number.isInteger(Math.log2(alignment)) || alignment < 1) {
    throw new ConfigError(file, 'general.alignment', 'a power of two', alignment);
  }
  const dataStart = Math.ceil(length / alignment) * alignment;
  const ordered = [...tensors].sort((a, b) => a.offset - b.offset);
  let position = 0;
  let previous = '';
  return ordered.map((tensor, i) => {
    const { name, type, shape, offset } = tensor;
    const fail = (problem: CheckpointProblem, message: string): never => {
      throw new CheckpointError(problem, message, { file, tensor: name });
    };
    if (offset % alignment !== 0) fail('tensor-range', `begins at byte ${offset} of the data, which is no multiple of the alignment (${alignment})`);
    if (offset < position) fail('tensor-overlap', `begins at byte ${offset} of the data, inside tensor ${JSON.stringify(previous)}, which ends at ${position}`);
    // Of a type that is not understood only the next tensor tells where it ends.
    const end = dataEnd(file, tensor) ?? ordered[i + 1]?.offset ?? Math.max(offset, fileSize - dataStart);
    if (dataStart + end > fileSize) fail('truncated', `ends at byte ${dataStart + end}, but the file has only ${fileSize} bytes; it is incomplete, download it again`);
    position = end;
    previous = name;
    return { name, dtype: ggmlTypeName(type), shape, byteLength: end - offset, file, offset: dataStart + offset };
  });
}

/** Where a tensor's data end, counted as its `offset` is; undefined where its type is not understood. Throws `CheckpointError` for sizes that cannot be. */
export function dataEnd(file: string, { name, type, shape, offset }: GgufTensor): number | undefined {
  const format = GGML_TYPES.get(type);
  if (!format) return undefined;
  const elements = shape.reduce((product, size) => product * size, 1);
  const row = shape.at(-1) ?? 1;
  if (row % format.blockSize !== 0) {
    throw new CheckpointError('tensor-size', `has rows of ${row} elements, which ${format.name} cannot hold in blocks of ${format.blockSize}`, { file, tensor: name });
  }
  const end = offset + (elements / format.blockSize) * format.blockBytes;
  if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(end)) throw new CheckpointError('tensor-size', `its shape [${shape.join(', ')}] has too many elements`, { file, tensor: name });
  return end;
}
