import type { Gpu } from '../../engine/gpu/device.ts';
import type { Vector, Weight } from '../../engine/ops/weight.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { PackedLayout, RowConverter } from '../packed/packing.ts';
import { UnpackableWeightError } from '../quant/unpackable-weight-error.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { MatrixUpload } from './matrix-upload.ts';
import type { PlannedPart, PlannedVector, Spec, WeightPlan } from './plan.ts';
import { rowsOf } from './segments.ts';
import type { MatrixSpec, VectorSpec } from './spec.ts';
import { hubValues } from './stored-values.ts';

/** Weights that are converted at a time: bounds the host memory beside the tensor itself. */
const SLAB = 2 ** 22;
/** Bytes written between two waits for the GPU, which keeps the browser's staging memory bounded. */
const WRITES_IN_FLIGHT = 2 ** 26;

export interface WeightOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes: (loaded: number, total: number) => void;
  /** Sees each tensor before it is converted. */
  readonly onTensor?: ((tensor: TensorInfo, bytes: Uint8Array) => void) | undefined;
}

/** What becomes of one tensor of a matrix. */
interface Conversion {
  readonly upload: MatrixUpload;
  readonly part: PlannedPart;
  readonly converter: RowConverter;
}

/**
 * Reads the planned tensors in file order; each is converted, uploaded and forgotten. On any error the caller destroys the
 * device's buffers.
 */
export async function loadWeights(gpu: Gpu, checkpoint: Checkpoint, plan: WeightPlan, options: WeightOptions): Promise<Map<Spec, Weight | Vector>> {
  const layouts = await readLayouts(checkpoint, plan, options.signal);
  const uploads = new Map<MatrixSpec, MatrixUpload>();
  const values = new Map<VectorSpec, Float32Array<ArrayBuffer>>();
  const partsOf = new Map<Spec, PlannedPart[]>();
  for (const part of plan.parts) {
    const others = partsOf.get(part.spec);
    if (others) others.push(part);
    else partsOf.set(part.spec, [part]);
  }
  for (const spec of plan.specs) {
    options.signal?.throwIfAborted();
    if (spec.kind === 'vector') values.set(spec, spec.values ?? new Float32Array(spec.made?.stored ?? spec.length));
    else uploads.set(spec, await MatrixUpload.begin(gpu, spec, (partsOf.get(spec) ?? []).map((part) => layoutOf(layouts, part))));
  }
  const conversions = new Map<string, Conversion[]>();
  for (const part of plan.parts) {
    const upload = uploads.get(part.spec);
    if (!upload) continue;
    for (const [suffix, converter] of layoutOf(layouts, part).converters) {
      const { name } = tensorOf(part, suffix);
      conversions.set(name, [...(conversions.get(name) ?? []), { upload, part, converter }]);
    }
  }

  let unflushed = 0;
  const progress = ({ loadedBytes, totalBytes }: { loadedBytes: number; totalBytes: number }): void => options.onBytes(loadedBytes, totalBytes);
  for await (const { tensor, bytes } of checkpoint.read([...conversions.keys(), ...plan.vectors.keys()], { signal: options.signal, onProgress: progress })) {
    options.onTensor?.(tensor, bytes);
    const vector = plan.vectors.get(tensor.name);
    if (vector) placeVector(vector, tensor, hubValues(tensor, bytes), values.get(vector.spec));
    for (const written of convertAll(conversions.get(tensor.name) ?? [], tensor, bytes)) {
      unflushed += written;
      if (unflushed < WRITES_IN_FLIGHT) continue;
      await gpu.device.queue.onSubmittedWorkDone();
      gpu.check();
      options.signal?.throwIfAborted();
      unflushed = 0;
    }
  }
  return new Map<Spec, Weight | Vector>([...[...uploads].map(([spec, { weight }]) => [spec, weight] as const), ...(await uploadVectors(gpu, values))]);
}

async function uploadVectors(gpu: Gpu, values: ReadonlyMap<VectorSpec, Float32Array<ArrayBuffer>>): Promise<[VectorSpec, Vector][]> {
  const loaded: [VectorSpec, Vector][] = [];
  for (const [spec, stored] of values) {
    const numbers = spec.made ? spec.made.from(stored) : stored;
    // What was computed on the host is no part of the checkpoint.
    const buffer = await gpu.buffers.allocate(spec.label, numbers.byteLength, spec.values ? 'activations' : 'weights');
    gpu.device.queue.writeBuffer(buffer, 0, numbers);
    loaded.push([spec, { label: spec.label, length: spec.length, buffer }]);
  }
  return loaded;
}

function tensorOf({ tensors }: PlannedPart, suffix: string): TensorInfo {
  const info = tensors.get(suffix);
  if (!info) throw new RangeError(`a packed weight has no tensor ${suffix}`);
  return info;
}

function layoutOf(layouts: ReadonlyMap<PlannedPart, PackedLayout>, part: PlannedPart): PackedLayout {
  const layout = layouts.get(part);
  if (!layout) throw new RangeError(`${part.spec.label} was not planned`);
  return layout;
}

/** Reads the small tensors that decide how the others are stored. */
async function readLayouts(checkpoint: Checkpoint, { parts }: WeightPlan, signal: AbortSignal | undefined): Promise<Map<PlannedPart, PackedLayout>> {
  const early = new Map<string, Uint8Array<ArrayBuffer>>();
  const names = parts.flatMap((part) => part.weight.early.map((suffix) => tensorOf(part, suffix).name));
  if (names.length > 0) for await (const { tensor, bytes } of checkpoint.read(names, { signal })) early.set(tensor.name, bytes);
  const bytesOf = (part: PlannedPart, suffix: string): Uint8Array<ArrayBuffer> => early.get(tensorOf(part, suffix).name) ?? new Uint8Array(0);
  return new Map(parts.map((part) => [part, part.weight.layout(new Map(part.weight.early.map((suffix) => [suffix, bytesOf(part, suffix)])))]));
}

function placeVector({ part: { offset, stride, order, map, whole } }: PlannedVector, tensor: TensorInfo, stored: Float32Array | Float64Array, target: Float32Array | undefined): void {
  if (!target) return;
  const values = whole ? whole(Float64Array.from(stored)) : stored;
  for (let i = 0; i < values.length; i++) {
    const value = map ? map(values[i], i) : values[i];
    if (!Number.isFinite(Math.fround(value))) throw new UnpackableWeightError({ format: 'f32', row: 0, column: i, value: values[i], tensor: tensor.name, file: tensor.file });
    target[offset + (order ? order[i] : i) * stride] = value;
  }
}

/** A tensor may be part of several matrices. */
function* convertAll(conversions: readonly Conversion[], tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>): Generator<number> {
  for (const conversion of conversions) yield* convert(conversion, tensor, bytes);
}

/** Yields the bytes written after each slab of rows. */
function* convert({ upload, part: { spec, index }, converter }: Conversion, tensor: TensorInfo, bytes: Uint8Array<ArrayBuffer>): Generator<number> {
  const rows = rowsOf(spec.parts[index]);
  const rowsPerSlab = Math.max(1, Math.floor(SLAB / spec.inputs));
  for (let row = 0; row < rows; row += rowsPerSlab) {
    const count = Math.min(rowsPerSlab, rows - row);
    let planes: ReturnType<RowConverter>;
    try {
      planes = converter(bytes, row, count);
    } catch (error) {
      throw error instanceof UnpackableWeightError ? error.of(tensor, row) : error;
    }
    yield upload.put(index, planes, row, count);
  }
}
