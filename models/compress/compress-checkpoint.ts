import type { Checkpoint, JsonObject } from '../checkpoint/checkpoint.ts';
import { UnpackableWeightError } from '../quant/unpackable-weight-error.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { toFloat32 } from '../safetensors/to-float32.ts';
import { compressedTensors, compressMatrix, type CompressedFormat, type OutputTensor } from './compressed-matrix.ts';
import { applyFold, type Fold } from './fold.ts';
import type { CompressionPlan } from './plan-compression.ts';
import { indexOf, layOutShards, safetensorsHeader } from './shards.ts';

/** A piece of a file; the pieces of one file follow each other. */
export interface FilePiece {
  readonly file: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

export interface CompressOptions {
  /** What is done to tensors before they are quantised, by their names in the checkpoint. */
  readonly folds?: ReadonlyMap<string, Fold> | undefined;
  /** Bytes of data that a file may hold. Default: 5 GB, as on the Hub. */
  readonly shardBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Bytes of tensors read so far, and in all. */
  readonly onProgress?: ((loadedBytes: number, totalBytes: number) => void) | undefined;
}

/**
 * The files of the quantised checkpoint that differ from those of the original: config.json, the weights, and their index where there are
 * several files. Tensors come and go one at a time.
 *
 * @throws UnpackableWeightError, and what reading a checkpoint throws.
 */
export async function* compressCheckpoint(checkpoint: Checkpoint, plan: CompressionPlan, { folds, shardBytes = 5e9, signal, onProgress }: CompressOptions = {}): AsyncGenerator<FilePiece, void, undefined> {
  const infos = [...checkpoint.tensors.values()];
  const shards = layOutShards(infos.flatMap((info) => outputsOf(info, plan.formats.get(info.name), folds?.get(info.name))), shardBytes);
  const fileOf = new Map(shards.flatMap(({ file, tensors }) => tensors.map(({ name }) => [name, file] as const)));
  const headers = new Map(shards.map(({ file, tensors }) => [file, safetensorsHeader(tensors)]));
  yield text('config.json', configWith((await checkpoint.readText('config.json', signal)) ?? '{}', plan.quantizationConfig));
  if (shards.length > 1) yield text('model.safetensors.index.json', indexOf(shards));

  for await (const { tensor, bytes } of checkpoint.read(infos.map(({ name }) => name), { signal, onProgress: ({ loadedBytes, totalBytes }) => onProgress?.(loadedBytes, totalBytes) })) {
    const format = plan.formats.get(tensor.name);
    const fold = folds?.get(tensor.name);
    const data = contentsOf(tensor, bytes, format, fold);
    for (const [i, { name }] of outputsOf(tensor, format, fold).entries()) {
      const file = fileOf.get(name) ?? '';
      const header = headers.get(file);
      if (header) yield { file, bytes: header };
      headers.delete(file);
      yield { file, bytes: data[i] };
    }
  }
}

const text = (file: string, contents: string): FilePiece => ({ file, bytes: new TextEncoder().encode(contents) });

/** The text of a config, which is a JSON object with members, with one member more; else to the letter, since 0 is not 0.0 for all who read it. */
function configWith(config: string, quantization: JsonObject): string {
  const member = JSON.stringify({ quantization_config: quantization }, undefined, 2);
  return `${config.trimEnd().replace(/\s*\}$/, '')},${member.slice(1)}\n`;
}

function outputsOf(info: TensorInfo, format: CompressedFormat | undefined, fold: Fold | undefined): OutputTensor[] {
  const { name, dtype, shape, byteLength } = info;
  if (format) return compressedTensors(name.replace(/\.weight$/, ''), format, shape[0], shape[1]);
  // What was divided has no place in 16 bits: the model would be another one.
  if (fold) return [{ name, dtype: 'F32', shape, byteLength: 4 * shape.reduce((product, size) => product * size, 1) }];
  return [{ name, dtype, shape, byteLength }];
}

function contentsOf(info: TensorInfo, bytes: Uint8Array<ArrayBuffer>, format: CompressedFormat | undefined, fold: Fold | undefined): Uint8Array<ArrayBuffer>[] {
  const width = info.shape.length === 2 ? info.shape[1] : 1;
  const rowsOf = (start: number, count: number): Float32Array<ArrayBuffer> => applyFold(fold, toFloat32(info, bytes, start * width, count * width), start, width);
  if (!format) return [fold ? asBytes(rowsOf(0, info.shape[0])) : bytes];
  return compressMatrix(format, info.shape[0], width, rowsOf, (error, start) => (error instanceof UnpackableWeightError ? error.of(info, start) : error));
}

const asBytes = ({ buffer, byteOffset, byteLength }: Float32Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => new Uint8Array(buffer, byteOffset, byteLength);
