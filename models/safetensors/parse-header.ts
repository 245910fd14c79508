import { CheckpointError, type CheckpointProblem } from '../errors/checkpoint-error.ts';
import { JsonSyntaxError, readJsonText } from '../json/json-reader.ts';
import { describePosition, isObject } from '../json/parse-json.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { DTYPE_BYTES, isDtype } from './dtypes.ts';

/**
 * The tensors that a safetensors header declares, in file order. Nothing in it is trusted: the data of a valid file are
 * exactly its tensors, one after the other (https://github.com/huggingface/safetensors#format).
 *
 * @param header The JSON alone, without the length before it.
 * @param fileSize Bytes of the whole file.
 * @throws CheckpointError
 */
export function parseHeader(file: string, header: Uint8Array, fileSize: number): TensorInfo[] {
  const dataStart = 8 + header.length;
  const tensors: TensorInfo[] = [];
  for (const [name, entry] of Object.entries(readHeader(file, header))) {
    if (name === '__metadata__') checkMetadata(file, entry);
    else tensors.push(parseEntry(file, name, entry, dataStart));
  }
  // Of tensors at one offset the empty ones come first, so that each begins where the one before it ends.
  tensors.sort((a, b) => a.offset - b.offset || a.byteLength - b.byteLength);
  checkLayout(file, tensors, dataStart, fileSize);
  return tensors;
}

function readHeader(file: string, header: Uint8Array): Readonly<Record<string, unknown>> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
  } catch (cause) {
    throw new CheckpointError('header', 'the header is not UTF-8 text', { file, cause });
  }
  if (!text.startsWith('{')) throw new CheckpointError('header', `the header begins with ${JSON.stringify(text.slice(0, 1))}, expected "{"`, { file });
  try {
    const value = readJsonText(text);
    if (isObject(value)) return value;
  } catch (cause) {
    if (!(cause instanceof JsonSyntaxError)) throw cause;
    const problem = cause.message.includes('occurs twice') ? 'duplicate-tensor' : 'header';
    throw new CheckpointError(problem, `the header is not valid JSON at ${describePosition(text, cause.position)}: ${cause.message}`, { file, cause });
  }
  throw new CheckpointError('header', 'the header is not a JSON object', { file });
}

function checkMetadata(file: string, metadata: unknown): void {
  if (isObject(metadata) && Object.values(metadata).every((value) => typeof value === 'string')) return;
  throw new CheckpointError('header', 'the header\'s __metadata__ should map strings to strings', { file });
}

function parseEntry(file: string, name: string, entry: unknown, dataStart: number): TensorInfo {
  const fail = (problem: CheckpointProblem, message: string): never => {
    throw new CheckpointError(problem, message, { file, tensor: name });
  };
  if (!isObject(entry)) return fail('tensor-entry', `its header entry is ${JSON.stringify(entry)}, expected an object with dtype, shape and data_offsets`);
  const { dtype, shape, data_offsets: offsets } = entry;
  if (typeof dtype !== 'string') return fail('tensor-entry', `its dtype is ${JSON.stringify(dtype)}, expected a string`);
  if (!isSizes(shape)) return fail('tensor-entry', `its shape is ${JSON.stringify(shape)}, expected a list of non-negative integers`);
  if (!isSizes(offsets) || offsets.length !== 2) return fail('tensor-entry', `its data_offsets are ${JSON.stringify(offsets)}, expected two non-negative integers`);
  const [begin, end] = offsets;
  if (end < begin) return fail('tensor-range', `its data end at ${end}, before they begin at ${begin}`);
  const byteLength = end - begin;
  if (isDtype(dtype)) {
    const elements = shape.reduce((product, size) => product * size, 1);
    const expected = elements * DTYPE_BYTES[dtype];
    if (!Number.isSafeInteger(expected)) return fail('tensor-size', `its shape [${shape.join(', ')}] has too many elements`);
    if (byteLength !== expected) return fail('tensor-size', `${dtype} [${shape.join(', ')}] takes ${expected} bytes, its data_offsets give ${byteLength}`);
  }
  return { name, dtype, shape, byteLength, file, offset: dataStart + begin };
}

function isSizes(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function checkLayout(file: string, tensors: readonly TensorInfo[], dataStart: number, fileSize: number): void {
  let position = dataStart;
  let previous = 'the header';
  for (const { name, offset, byteLength } of tensors) {
    const detail = { file, tensor: name };
    if (offset < position) throw new CheckpointError('tensor-overlap', `begins at byte ${offset}, inside ${previous}, which ends at ${position}`, detail);
    if (offset > position) throw new CheckpointError('tensor-hole', `begins at byte ${offset}, but ${previous} before it ends at ${position}; every byte should belong to a tensor`, detail);
    position = offset + byteLength;
    previous = `tensor ${JSON.stringify(name)}`;
    if (position > fileSize) throw new CheckpointError('truncated', `ends at byte ${position}, but the file has only ${fileSize} bytes; it is incomplete, download it again`, detail);
  }
  if (position < fileSize) throw new CheckpointError('tensor-hole', `has ${fileSize - position} bytes after its last tensor; every byte should belong to a tensor`, { file });
}
