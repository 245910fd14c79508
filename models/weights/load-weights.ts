import type { Gpu } from '../../engine/gpu/device.ts';
import type { Vector, Weight } from '../../engine/ops/weight.ts';
import type { WeightFormat } from '../../shaders/dequant/formats.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import { toFloat32 } from '../safetensors/to-float32.ts';
import { UnpackableWeightError } from '../quant/unpackable-weight-error.ts';
import type { TensorInfo } from '../safetensors/tensor-info.ts';
import { MatrixUpload } from './matrix-upload.ts';
import type { Placement, Spec, WeightPlan } from './plan.ts';
import type { MatrixPart, MatrixRole, MatrixSpec, VectorPart, VectorSpec } from './spec.ts';

/** Elements that are converted to f32 at a time: bounds the host memory beside the tensor itself. */
const SLAB = 2 ** 22;
/** Bytes written between two waits for the GPU, which keeps the browser's staging memory bounded. */
const WRITES_IN_FLIGHT = 2 ** 26;

export interface WeightOptions {
  readonly formatOf: (role: MatrixRole) => WeightFormat;
  readonly signal?: AbortSignal | undefined;
  readonly onBytes: (loaded: number, total: number) => void;
}

/**
 * Reads the planned tensors in file order; each is converted, packed, uploaded and forgotten. On any error the caller
 * destroys the device's buffers.
 */
export async function loadWeights(gpu: Gpu, checkpoint: Checkpoint, plan: WeightPlan, options: WeightOptions): Promise<Map<Spec, Weight | Vector>> {
  const matrices = new Map<MatrixSpec, MatrixUpload>();
  const vectors = new Map<VectorSpec, Float32Array<ArrayBuffer>>();
  for (const spec of plan.specs) {
    options.signal?.throwIfAborted();
    if (spec.kind === 'matrix') matrices.set(spec, await MatrixUpload.begin(gpu, spec, options.formatOf(spec.role)));
    else vectors.set(spec, spec.values ?? new Float32Array(spec.length));
  }

  let unflushed = 0;
  const progress = ({ loadedBytes, totalBytes }: { loadedBytes: number; totalBytes: number }): void => options.onBytes(loadedBytes, totalBytes);
  for await (const { tensor, bytes } of checkpoint.read(plan.placements.keys(), { signal: options.signal, onProgress: progress })) {
    const placement = plan.placements.get(tensor.name);
    if (!placement) throw new Error(`${tensor.name} was not asked for`);
    for (const written of place(placement, tensor, bytes, matrices, vectors)) {
      unflushed += written;
      if (unflushed < WRITES_IN_FLIGHT) continue;
      await gpu.device.queue.onSubmittedWorkDone();
      gpu.check();
      options.signal?.throwIfAborted();
      unflushed = 0;
    }
  }

  const loaded = new Map<Spec, Weight | Vector>();
  for (const [spec, upload] of matrices) loaded.set(spec, upload.weight);
  for (const [spec, values] of vectors) {
    const buffer = await gpu.buffers.allocate(spec.label, values.byteLength, 'weights');
    gpu.device.queue.writeBuffer(buffer, 0, values);
    loaded.set(spec, { label: spec.label, length: spec.length, buffer });
  }
  return loaded;
}

function* place(placement: Placement, tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>, matrices: ReadonlyMap<MatrixSpec, MatrixUpload>, vectors: ReadonlyMap<VectorSpec, Float32Array>): Generator<number> {
  if (placement.spec.kind === 'vector') {
    const target = vectors.get(placement.spec);
    if (target) placeVector(placement.part as VectorPart, tensor, toFloat32(tensor, bytes), target);
    return;
  }
  const upload = matrices.get(placement.spec);
  if (upload) yield* placeMatrix(placement.part as MatrixPart, placement.spec.inputs, tensor, bytes, upload);
}

function placeVector({ offset, stride, map }: VectorPart, tensor: TensorInfo, values: Float32Array, target: Float32Array): void {
  for (let i = 0; i < values.length; i++) {
    const value = map ? map(values[i]) : values[i];
    if (!Number.isFinite(Math.fround(value))) throw new UnpackableWeightError({ format: 'f32', row: 0, column: i, value: values[i], tensor: tensor.name, file: tensor.file });
    target[offset + i * stride] = value;
  }
}

/** Yields the bytes written after each slab of rows. */
function* placeMatrix(part: MatrixPart, inputs: number, tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>, upload: MatrixUpload): Generator<number> {
  // An expert at a time: all of a layer's, transposed in f32, would be many times what the tensor takes.
  for (let expert = 0; expert < (part.experts ?? 1); expert++) yield* placeRows(part, expert * part.rows, inputs, tensor, bytes, upload);
}

/** The part's rows that begin with row `first` of the tensor. */
function* placeRows({ rows, start, stride, transposed }: MatrixPart, first: number, inputs: number, tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>, upload: MatrixUpload): Generator<number> {
  const rowsPerSlab = Math.max(1, Math.floor(SLAB / inputs));
  const whole = transposed ? toFloat32(tensor, bytes, first * inputs, rows * inputs) : undefined;
  for (let row = 0; row < rows; row += rowsPerSlab) {
    const count = Math.min(rowsPerSlab, rows - row);
    const values = whole ? transposedRows(whole, rows, inputs, row, count) : toFloat32(tensor, bytes, (first + row) * inputs, count * inputs);
    let written: number;
    try {
      written = upload.put(values, count, start + (first + row) * stride, stride);
    } catch (error) {
      throw error instanceof UnpackableWeightError ? error.of(tensor, first + row) : error;
    }
    yield written;
  }
}

/** Rows `row` … `row + count` of the transpose of `values` [inputs, rows]. */
function transposedRows(values: Float32Array, rows: number, inputs: number, row: number, count: number): Float32Array {
  const result = new Float32Array(count * inputs);
  for (let k = 0; k < inputs; k++) {
    for (let r = 0; r < count; r++) result[r * inputs + k] = values[k * rows + row + r];
  }
  return result;
}
