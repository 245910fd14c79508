import { bytesPerRow, describeFormat, type WeightFormat } from '../../shaders/dequant/formats.ts';
import { GpuOutOfMemoryError } from '../../engine/errors/gpu-errors.ts';
import type { Gpu } from '../../engine/gpu/device.ts';
import type { Weight, WeightChunk } from '../../engine/ops/weight.ts';
import { packRows } from '../quant/pack-rows.ts';
import type { MatrixSpec } from './spec.ts';

/** Rows of a chunk are a multiple of this, so that a chunk's part of a bias starts at a multiple of 256 bytes. */
const ROW_ALIGNMENT = 64;

/** A weight that is being filled row by row. */
export class MatrixUpload {
  readonly weight: Weight;
  readonly #queue: GPUQueue;

  private constructor(weight: Weight, queue: GPUQueue) {
    this.weight = weight;
    this.#queue = queue;
  }

  /** Allocates the buffers of all planes, split by rows, or between experts, where one binding cannot hold them. Throws `GpuOutOfMemoryError`. */
  static async begin(gpu: Gpu, { label, outputs, inputs, experts }: MatrixSpec, format: WeightFormat): Promise<MatrixUpload> {
    const { planes } = describeFormat(format);
    const widest = Math.max(...planes.map((plane) => plane.bytesPerRow(inputs)));
    const fitting = Math.floor(gpu.maxBindingBytes / widest);
    const unit = experts === undefined ? ROW_ALIGNMENT : outputs / experts;
    if (experts !== undefined && fitting < unit) throw new GpuOutOfMemoryError(`an expert of ${label}`, unit * widest);
    const rowsPerChunk = fitting >= outputs ? outputs : Math.max(unit, Math.floor(fitting / unit) * unit);
    const chunks: WeightChunk[] = [];
    for (let rowStart = 0; rowStart < outputs; rowStart += rowsPerChunk) {
      const rows = Math.min(rowsPerChunk, outputs - rowStart);
      const buffers: Record<string, GPUBuffer> = {};
      for (const plane of planes) buffers[plane.name] = await gpu.buffers.allocate(`${label} ${plane.name}`, rows * plane.bytesPerRow(inputs), 'weights');
      chunks.push({ rowStart, rows, planes: buffers });
    }
    return new MatrixUpload({ label, format, outputs, inputs, chunks }, gpu.device.queue);
  }

  /** Packs `values` [count, inputs] and writes them to rows `start`, `start + stride`, … Returns the bytes written. */
  put(values: Float32Array, count: number, start: number, stride: number): number {
    const { format, inputs, chunks } = this.weight;
    const packed = packRows(format, values, count, inputs);
    for (const { name, bytesPerRow: rowBytes } of describeFormat(format).planes) {
      const size = rowBytes(inputs);
      const bytes = packed[name];
      const run = stride === 1 ? count : 1;
      for (let row = 0; row < count; ) {
        const target = start + row * stride;
        const chunk = chunks.findLast(({ rowStart }) => rowStart <= target);
        if (!chunk) throw new RangeError(`${this.weight.label} has no row ${target}`);
        const rows = Math.min(run, count - row, chunk.rowStart + chunk.rows - target);
        this.#queue.writeBuffer(chunk.planes[name], (target - chunk.rowStart) * size, bytes, row * size, rows * size);
        row += rows;
      }
    }
    return count * bytesPerRow(format, inputs);
  }
}
