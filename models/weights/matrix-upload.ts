import { GpuOutOfMemoryError } from '../../engine/errors/gpu-errors.ts';
import type { Gpu } from '../../engine/gpu/device.ts';
import type { Weight, WeightChunk } from '../../engine/ops/weight.ts';
import { BLOCK } from '../../shaders/dequant/plane.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { UnsupportedQuantizationError } from '../errors/unsupported-quantization-error.ts';
import { segmentsOf, type PartLayout, type PartPlace, type Segment } from './segments.ts';
import type { MatrixSpec } from './spec.ts';

/** Rows of a chunk are a multiple of this, or of 2 where so many do not fit: gate and up rows, which alternate, stay together. Experts are split only between them. */
const ROW_ALIGNMENT = 64;

/** A chunk and the row of its segment that it begins with. */
interface PlacedChunk {
  readonly chunk: WeightChunk;
  readonly first: number;
}

/** A weight that is being filled part by part. */
export class MatrixUpload {
  readonly weight: Weight;
  readonly #segments: readonly (readonly PlacedChunk[])[];
  readonly #places: readonly PartPlace[];
  readonly #queue: GPUQueue;

  private constructor(weight: Weight, segments: readonly (readonly PlacedChunk[])[], places: readonly PartPlace[], queue: GPUQueue) {
    this.weight = weight;
    this.#segments = segments;
    this.#places = places;
    this.#queue = queue;
  }

  /** Allocates the buffers of all planes. `layouts`: one for each part of the matrix. Throws `GpuOutOfMemoryError`, `UnsupportedQuantizationError`. */
  static async begin(gpu: Gpu, spec: MatrixSpec, layouts: readonly PartLayout[]): Promise<MatrixUpload> {
    const { label, outputs, inputs, experts } = spec;
    const { segments, places } = segmentsOf(spec, layouts);
    if (experts !== undefined && (segments.length > 1 || segments[0].order)) throw new UnsupportedQuantizationError(label, 'its experts are stored in different formats or with their columns sorted (act-order)');
    if (spec.role === 'embedding' && segments.some(({ order }) => order)) throw new UnsupportedQuantizationError(label, 'it is an embedding with its columns sorted (act-order)');
    const placed: PlacedChunk[][] = [];
    for (const segment of segments) placed.push(await allocate(gpu, spec, segment));
    return new MatrixUpload({ label, outputs, inputs, chunks: placed.flat().map(({ chunk }) => chunk) }, placed, places, gpu.device.queue);
  }

  /** Writes rows `row` … `row + count` of a part, as its tensors order them: the bytes of those planes that are given. Returns how many those are. */
  put(part: number, planes: Readonly<Partial<Record<string, Uint8Array<ArrayBuffer>>>>, row: number, count: number): number {
    const { segment, first, stride, order } = this.#places[part];
    const { inputs, label } = this.weight;
    // An order is that of each expert's rows.
    const rowOf = (i: number): number => (order ? i - (i % order.length) + order[i % order.length] : i);
    let written = 0;
    for (let done = 0; done < count; ) {
      const target = first + rowOf(row + done) * stride;
      const place = this.#segments[segment].findLast((chunk) => chunk.first <= target);
      if (!place) throw new RangeError(`${label} has no row ${target}`);
      const { chunk } = place;
      const most = stride === 1 ? Math.min(count - done, place.first + chunk.rows - target) : 1;
      const rows = order ? runOf(rowOf, row + done, most) : most;
      for (const { name, bytesPerRow } of chunk.format.planes) {
        const bytes = planes[name];
        const size = bytesPerRow(inputs);
        if (!bytes) continue;
        this.#queue.writeBuffer(chunk.planes[name], (target - place.first) * size, bytes, done * size, rows * size);
        written += rows * size;
      }
      done += rows;
    }
    return written;
  }
}

/** Rows from `first` on that follow one another in the part as they do in the tensor, at most `most`. */
function runOf(rowOf: (row: number) => number, first: number, most: number): number {
  let rows = 1;
  while (rows < most && rowOf(first + rows) === rowOf(first) + rows) rows++;
  return rows;
}

/** Rows of a chunk of a matrix with rows of so many bytes: all, or as many of those that stay together as one binding can hold. Throws `GpuOutOfMemoryError`. */
function rowsPerChunk(maxBindingBytes: number, rowBytes: number, { label, outputs, experts }: MatrixSpec, rows: number): number {
  const fitting = Math.floor(maxBindingBytes / rowBytes);
  if (fitting >= rows) return rows;
  const unit = experts === undefined ? (fitting < ROW_ALIGNMENT ? 2 : ROW_ALIGNMENT) : outputs / experts;
  if (fitting < unit) throw new GpuOutOfMemoryError(experts === undefined ? `two rows of ${label}` : `an expert of ${label}`, unit * rowBytes);
  return Math.floor(fitting / unit) * unit;
}

/** The chunks of a segment, several where one binding cannot hold it. */
async function allocate(gpu: Gpu, spec: MatrixSpec, { format, order, start, step, rows }: Segment): Promise<PlacedChunk[]> {
  const { label, inputs } = spec;
  const { planes } = format;
  const atOnce = rowsPerChunk(gpu.maxBindingBytes, Math.max(...planes.map((plane) => plane.bytesPerRow(inputs))), spec, rows);
  const orderBuffer = order && (await uploadOrder(gpu, label, order));
  const chunks: PlacedChunk[] = [];
  for (let first = 0; first < rows; first += atOnce) {
    const count = Math.min(atOnce, rows - first);
    const buffers: Record<string, GPUBuffer> = {};
    for (const plane of planes) buffers[plane.name] = await gpu.buffers.allocate(`${label} ${plane.name}`, count * plane.bytesPerRow(inputs), 'weights');
    chunks.push({ first, chunk: { format, rowStart: start + first * step, rowStep: step, rows: count, planes: buffers, ...(orderBuffer && { order: orderBuffer }) } });
  }
  return chunks;
}

async function uploadOrder(gpu: Gpu, label: string, order: Uint32Array<ArrayBuffer>): Promise<GPUBuffer> {
  const padded = new Uint32Array(roundUp(order.length, BLOCK));
  padded.set(order);
  const buffer = await gpu.buffers.allocate(`${label} order`, padded.byteLength, 'weights');
  gpu.device.queue.writeBuffer(buffer, 0, padded);
  return buffer;
}
