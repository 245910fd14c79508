import type { OutputTensor } from './compressed-matrix.ts';

/** One safetensors file to be written, its tensors in order. */
export interface Shard {
  readonly file: string;
  readonly tensors: readonly OutputTensor[];
}

/** Distributes tensors over files of at most `limit` bytes of data, unless a single tensor is larger. */
export function layOutShards(tensors: readonly OutputTensor[], limit: number): Shard[] {
  const parts: OutputTensor[][] = [];
  let size = Infinity;
  for (const tensor of tensors) {
    if (size + tensor.byteLength > limit) {
      parts.push([]);
      size = 0;
    }
    parts[parts.length - 1].push(tensor);
    size += tensor.byteLength;
  }
  const number = (i: number): string => String(i).padStart(5, '0');
  return parts.map((part, i) => ({ file: parts.length === 1 ? 'model.safetensors' : `model-${number(i + 1)}-of-${number(parts.length)}.safetensors`, tensors: part }));
}

/** What comes before a safetensors file's data (https://github.com/huggingface/safetensors#format): length, JSON, padded to a multiple of 8. */
export function safetensorsHeader(tensors: readonly OutputTensor[]): Uint8Array<ArrayBuffer> {
  let end = 0;
  const entries = tensors.map(({ name, dtype, shape, byteLength }) => [name, { dtype, shape, data_offsets: [end, (end += byteLength)] }]);
  // transformers reads nothing that does not say which framework wrote it.
  const json = new TextEncoder().encode(JSON.stringify({ __metadata__: { format: 'pt' }, ...Object.fromEntries(entries) }));
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20, 8);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return header;
}

/** `model.safetensors.index.json`. */
export function indexOf(shards: readonly Shard[]): string {
  const total = shards.reduce((sum, { tensors }) => sum + tensors.reduce((bytes, { byteLength }) => bytes + byteLength, 0), 0);
  const map = shards.flatMap(({ file, tensors }) => tensors.map(({ name }) => [name, file]));
  return `${JSON.stringify({ metadata: { total_size: total }, weight_map: Object.fromEntries(map) }, undefined, 2)}\n`;
}
