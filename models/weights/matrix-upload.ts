import { GpuOutOfMemoryError } from '../../engine/errors/gpu-errors.ts';
import type { Gpu } from '../../engine/gpu/device.ts';
import type { Weight, WeightChunk } from '../../engine/ops/weight.ts';
import { BLOCK } from '../../shaders/dequant/plane.ts';
import { roundUp } from '../../shaders/kernel.ts';
import { UnsupportedQuantizationError } from '../errors/unsupported-quantization-error.ts';
import { segmentsOf, type PartLayout, type PartPlace, type Segment } from './segments.ts';
import type { MatrixSpec } from './spec.ts';

/** Rows of a chunk are a multiple of this: gate and up rows, which alternate, stay together. Experts are split only between them. */
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
    const unit = experts === undefined ? ROW_ALIGNMENT : outputs / experts;
    const placed: PlacedChunk[][] = [];
    for (const segment of segments) placed.push(await allocate(gpu, spec, segment, unit));
    return new MatrixUpload({ label, outputs, inputs, chunks: placed.flat().map(({ chunk }) => chunk) }, placed, places, gpu.device.queue);
  }

  /** Writes rows `row` … `row + count` of a part: the bytes of those planes that are given. Returns how many those are. */
  put(part: number, planes: Readonly<Partial<Record<string, Uint8Array<ArrayBuffer>>>>, row: number, count: number): number {
    const { segment, first, stride } = this.#places[part];
    const { inputs, label } = this.weight;
    let written = 0;
    for (let done = 0; done < count; ) {
      const target = first + (row + done) * stride;
      const place = this.#segments[segment].findLast((chunk) => chunk.first <= target);
      if (!place) throw new RangeError(`${label} has no row ${target}`);
      const { chunk } = place;
      const rows = stride === 1 ? Math.min(count - done, place.first + chunk.rows - target) : 1;
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

/** The chunks of a segment, split into multiples of `unit` rows where one binding cannot hold them. */
async function allocate(gpu: Gpu, { label, inputs, experts }: MatrixSpec, { format, order, start, step, rows }: Segment, unit: number): Promise<PlacedChunk[]> {
  const { planes } = format;
  const widest = Math.max(...planes.map((plane) => plane.bytesPerRow(inputs)));
  const fitting = Math.floor(gpu.maxBindingBytes / widest);
  if (experts !== undefined && fitting < unit) throw new GpuOutOfMemoryError(`an expert of ${label}`, unit * widest);
  const rowsPerChunk = fitting >= rows ? rows : Math.max(unit, Math.floor(fitting / unit) * unit);
  const orderBuffer = order && (await uploadOrder(gpu, label, order));
  const chunks: PlacedChunk[] = [];
  for (let first = 0; first < rows; first += rowsPerChunk) {
    const count = Math.min(rowsPerChunk, rows - first);
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
