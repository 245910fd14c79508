import { bytesPerRow, describeFormat, type WeightFormat } from '../../shaders/dequant/formats.ts';
import type { Gpu } from '../../engine/gpu/device.ts';
import type { Weight, WeightChunk } from '../../engine/ops/weight.ts';
import { importPacker } from '../quant/import-packer.ts';
import type { Packer } from '../quant/packer.ts';
import type { MatrixSpec } from './spec.ts';

/** Rows of a chunk are a multiple of this, so that a chunk's part of a bias starts at a multiple of 256 bytes. */
const ROW_ALIGNMENT = 64;

/** A weight that is being filled row by row. */
export class MatrixUpload {
  readonly weight: Weight;
  readonly #pack: Packer;
  readonly #queue: GPUQueue;

  private constructor(weight: Weight, pack: Packer, queue: GPUQueue) {
    this.weight = weight;
    this.#pack = pack;
    this.#queue = queue;
  }

  /** Allocates the buffers of all planes, split by rows where one binding cannot hold them. Rejects with `ModuleLoadError` before. */
  static async begin(gpu: Gpu, { label, outputs, inputs }: MatrixSpec, format: WeightFormat): Promise<MatrixUpload> {
    const pack = await importPacker(format);
    const { planes } = describeFormat(format);
    const widest = Math.max(...planes.map((plane) => plane.bytesPerRow(inputs)));
    const fitting = Math.floor(gpu.maxBindingBytes / widest);
    const rowsPerChunk = fitting >= outputs ? outputs : Math.max(ROW_ALIGNMENT, Math.floor(fitting / ROW_ALIGNMENT) * ROW_ALIGNMENT);
    const chunks: WeightChunk[] = [];
    for (let rowStart = 0; rowStart < outputs; rowStart += rowsPerChunk) {
      const rows = Math.min(rowsPerChunk, outputs - rowStart);
      const buffers: Record<string, GPUBuffer> = {};
      for (const plane of planes) buffers[plane.name] = await gpu.buffers.allocate(`${label} ${plane.name}`, rows * plane.bytesPerRow(inputs), 'weights');
      chunks.push({ rowStart, rows, planes: buffers });
    }
    return new MatrixUpload({ label, format, outputs, inputs, chunks }, pack, gpu.device.queue);
  }

  /** Packs `values` [count, inputs] and writes them to rows `start`, `start + stride`, … Returns the bytes written. */
  put(values: Float32Array, count: number, start: number, stride: number): number {
    const { format, inputs, chunks } = this.weight;
    const packed = this.#pack(values, count, inputs);
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
