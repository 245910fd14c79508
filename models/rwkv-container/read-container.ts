import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { CheckpointError, type CheckpointProblem } from '../errors/checkpoint-error.ts';
import { ByteReader } from '../gguf/byte-reader.ts';
import { dataEnd } from '../gguf/locate-tensors.ts';
import { ggmlTypeName } from '../gguf/ggml-types.ts';
import { describeBytes } from '../safetensors/describe-bytes.ts';
import { checkNotPointer } from '../sources/git-lfs-pointer.ts';
import type { SourceFile } from '../sources/source.ts';
import { ForwardReader } from './forward-reader.ts';

/** "ggmf", as a little-endian number. */
const MAGIC = 0x67676d66;
const HEADER_BYTES = 24;
/** Version 100 has other blocks for quantised tensors, in the layout of ggml before May 2023. */
const VERSIONS = [100, 101];
const RECORD_BYTES = 12;
const MAX_DIMENSIONS = 3;
const MAX_KEY = 256;

/** The first block that all further ones are like; the very first has other tensors. */
const TEMPLATE = 1;
/** Blocks beyond these have their headers found one by one. */
const MAX_GUESSED = 256;

/** ggml's numbers of the container's data types; 4 to 6 are types that ggml has no more. */
const TYPES: ReadonlyMap<number, number> = new Map([[0, 0], [1, 1], [2, 2], [3, 3], [7, 6], [8, 7], [9, 8]]);
/** F32 and F16, which version 100 has too. */
const PLAIN = 2;

export interface RwkvContainer {
  readonly vocabularySize: number;
  readonly hiddenSize: number;
  readonly layers: number;
  /** By their own names, with their shapes in PyTorch's order. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

/**
 * The headers of a file of rwkv.cpp: they lie between the tensors, each before its own
 * (https://github.com/RWKV/rwkv.cpp, docs/FILE_FORMAT.md). Integers are little-endian, as on every machine that such files come from.
 *
 * @throws CheckpointError where it is no such file, or a length in it cannot be
 */
export async function readContainer(file: SourceFile, signal?: AbortSignal): Promise<RwkvContainer> {
  const reader = new ForwardReader(file, signal);
  try {
    return await walk(file, reader);
  } finally {
    await reader.close();
  }
}

async function walk(file: SourceFile, reader: ForwardReader): Promise<RwkvContainer> {
  const { name, size } = file;
  const fail = (problem: CheckpointProblem, message: string): never => {
    throw new CheckpointError(problem, message, { file: name });
  };
  const head = await reader.read(0, Math.min(HEADER_BYTES, size));
  checkNotPointer(name, head);
  const header = new ByteReader(head);
  if (head.length < 4 || header.u32() !== MAGIC) fail('not-rwkv', `is no file of rwkv.cpp: it does not begin with "fmgg"${describeBytes(head)}`);
  if (head.length < HEADER_BYTES) fail('truncated', `has ${size} bytes, too few for a header; download it again`);
  const version = header.u32();
  if (!VERSIONS.includes(version)) fail('rwkv-version', `has version ${version} of its format; ${VERSIONS.join(' and ')} are supported`);
  const [vocabularySize, hiddenSize, layers, type] = [header.u32(), header.u32(), header.u32(), header.u32()];
  if (!TYPES.has(type)) fail('header', `says that its tensors are of type ${type}, which there is not`);

  const tensors = new Map<string, TensorInfo>();
  let guessed = false;
  for (let position = HEADER_BYTES; position < size; ) {
    const record = await readRecord(name, reader, position, version);
    const { end, tensor } = record;
    if (tensors.has(tensor.name)) throw new CheckpointError('duplicate-tensor', 'is there twice', { file: name, tensor: tensor.name });
    if (end > size) throw new CheckpointError('truncated', `ends at byte ${end}, but the file has only ${size} bytes; it is incomplete, download it again`, { file: name, tensor: tensor.name });
    if (tensor.name.startsWith(`blocks.${TEMPLATE + 1}.`) && !guessed) {
      guessed = true;
      reader.expect(furtherHeaders([...tensors.values()], position, layers));
    }
    tensors.set(tensor.name, tensor);
    position = end;
  }
  return { vocabularySize, hiddenSize, layers, tensors };
}

/** Where the headers of all blocks from `position` on begin, if they are as the template is. */
function furtherHeaders(tensors: readonly TensorInfo[], position: number, layers: number): number[] {
  const template = tensors.filter(({ name }) => name.startsWith(`blocks.${TEMPLATE}.`));
  const starts: number[] = [];
  let start = position;
  for (let block = TEMPLATE + 1; block < Math.min(layers, MAX_GUESSED); block++) {
    for (const { name, shape, byteLength } of template) {
      starts.push(start);
      start += RECORD_BYTES + 4 * shape.length + name.length + String(block).length - String(TEMPLATE).length + byteLength;
    }
  }
  return starts;
}

/** The tensor whose header begins at `position`, and where its data end. */
async function readRecord(file: string, reader: ForwardReader, position: number, version: number): Promise<{ readonly tensor: TensorInfo; readonly end: number }> {
  const fail = (message: string): never => {
    throw new CheckpointError('header', `byte ${position}: ${message}`, { file });
  };
  const lengths = new ByteReader(await reader.read(position, RECORD_BYTES));
  const [dimensions, keyLength, typeNumber] = [lengths.u32(), lengths.u32(), lengths.u32()];
  if (dimensions < 1 || dimensions > MAX_DIMENSIONS) fail(`a tensor has ${dimensions} dimensions; there are 1 to ${MAX_DIMENSIONS}`);
  if (keyLength < 1 || keyLength > MAX_KEY) fail(`a tensor's name has ${keyLength} bytes; there are 1 to ${MAX_KEY}`);
  const type = TYPES.get(typeNumber);
  if (type === undefined) return fail(`a tensor is of type ${typeNumber}, which is not supported`);
  const start = position + RECORD_BYTES;
  const rest = new ByteReader(await reader.read(start, 4 * dimensions + keyLength));
  const shape = Array.from({ length: dimensions }, () => rest.u32()).reverse();
  const name = rest.text(keyLength);
  if (name === undefined) return fail("a tensor's name is no UTF-8 text");
  if (shape.some((dimension) => dimension === 0)) throw new CheckpointError('tensor-size', `its shape [${shape.join(', ')}] leaves it empty`, { file, tensor: name });
  if (version === 100 && type >= PLAIN) throw new CheckpointError('rwkv-version', `is quantised as ${ggmlTypeName(type)} in version 100 of the format, whose blocks are laid out otherwise; quantise the model again with a newer rwkv.cpp`, { file, tensor: name });
  const offset = start + 4 * dimensions + keyLength;
  // The type is one whose size is known.
  const end = dataEnd(file, { name, type, shape, offset }) ?? offset;
  return { tensor: { name, dtype: ggmlTypeName(type), shape, byteLength: end - offset, file, offset }, end };
}
