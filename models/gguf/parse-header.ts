import { CheckpointError } from '../errors/checkpoint-error.ts';
import { ByteReader } from './byte-reader.ts';
import type { GgufMetadata } from './metadata.ts';
import { parseMetadata, ValueReader } from './parse-metadata.ts';

/** A tensor as the header lists it. */
export interface GgufTensor {
  readonly name: string;
  /** Number of its ggml type. */
  readonly type: number;
  /** Row-major: the file lists the fastest dimension first. */
  readonly shape: readonly number[];
  /** From the start of the tensor data. */
  readonly offset: number;
}

export interface GgufHeader {
  readonly metadata: GgufMetadata;
  readonly tensors: readonly GgufTensor[];
  /** Bytes, without the padding before the tensor data. */
  readonly length: number;
}

/** Least bytes of an entry: a name of one character, no dimensions, type and offset. */
const LEAST_TENSOR = 8 + 1 + 4 + 4 + 8;
/** ggml's own limit is 64; some forks have doubled it. */
const LONGEST_NAME = 128;
const MOST_DIMENSIONS = 4;
const LITTLE_ENDIAN_VERSIONS = [2, 3];

/**
 * The header of a GGUF file (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md). Nothing in it is trusted.
 *
 * @param bytes The file's first bytes, the magic included.
 * @throws CheckpointError; OutOfBytes where the header goes on beyond `bytes`
 */
export function parseHeader(file: string, bytes: Uint8Array<ArrayBuffer>, fileSize: number): GgufHeader {
  const reader = new ByteReader(bytes);
  const values = new ValueReader(reader, file, fileSize);
  reader.skip(4);
  checkVersion(file, reader.u32());
  const tensorCount = values.size('tensor count');
  const pairCount = values.size('metadata count');
  const metadata = parseMetadata(reader, pairCount, file, fileSize);
  values.checkCount(tensorCount, LEAST_TENSOR, 'tensors');
  const tensors: GgufTensor[] = [];
  const names = new Set<string>();
  for (let i = 0; i < tensorCount; i++) {
    const tensor = parseTensor(reader, values, i);
    if (names.has(tensor.name)) throw new CheckpointError('duplicate-tensor', 'occurs twice in the header', { file, tensor: tensor.name });
    names.add(tensor.name);
    tensors.push(tensor);
  }
  return { metadata, tensors, length: reader.position };
}

function checkVersion(file: string, version: number): void {
  if (LITTLE_ENDIAN_VERSIONS.includes(version)) return;
  const fail = (message: string): never => {
    throw new CheckpointError('gguf-version', message, { file });
  };
  if (version === 1) fail('is of GGUF version 1, of August 2023; convert the model anew, or let llama.cpp\'s llama-quantize write a copy of it');
  if (version !== 0 && (version & 0xffff) === 0) fail('is a big-endian GGUF file; llama.cpp\'s gguf_convert_endian.py makes a little-endian one of it');
  fail(`is of GGUF version ${version}; versions 2 and 3 are read`);
}

function parseTensor(reader: ByteReader, values: ValueReader, index: number): GgufTensor {
  values.what = `tensor ${index}`;
  const name = values.string();
  if (name === '' || name.length > LONGEST_NAME) throw values.error(`has a name of ${name.length} characters, expected 1 to ${LONGEST_NAME}`);
  values.what = `tensor ${JSON.stringify(name)}`;
  const rank = reader.u32();
  if (rank > MOST_DIMENSIONS) throw values.error(`has ${rank} dimensions, at most ${MOST_DIMENSIONS} are allowed`);
  const dimensions = Array.from({ length: rank }, () => values.size('dimension'));
  if (dimensions.includes(0)) throw values.error(`has the dimensions [${dimensions.join(', ')}], none of which may be 0`);
  return { name, shape: dimensions.reverse(), type: reader.u32(), offset: values.size('offset') };
}
