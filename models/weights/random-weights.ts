import type { Gpu } from '../../engine/gpu/device.ts';
import type { Vector, Weight } from '../../engine/ops/weight.ts';
import { uniform } from '../../shaders/random.ts';
import { randomPlanes } from '../../shaders/dequant/random-planes.ts';
import { describeFormat } from '../../shaders/dequant/formats.ts';
import type { WeightFormat } from '../../shaders/dequant/weight-format.ts';
import { packRows } from '../quant/pack-rows.ts';
import { isPackable } from '../quant/packer.ts';
import { MatrixUpload } from './matrix-upload.ts';
import { collectSpecs, type Spec } from './plan.ts';
import type { MatrixRole, VectorSpec } from './spec.ts';

/** Rows that are packed on the host; the GPU copies them over the rest of the matrix. */
const PATTERN_ROWS = 64;

/**
 * Weights of a model's shape with random contents, for benchmarks: speed does not depend on the values. Matrices are
 * scaled so that activations stay finite.
 */
export async function randomWeights(gpu: Gpu, specs: object, formatOf: (role: MatrixRole) => WeightFormat): Promise<Map<Spec, Weight | Vector>> {
  const next = uniform(1);
  const made = new Map<Spec, Weight | Vector>();
  for (const spec of collectSpecs(specs)) {
    if (spec.kind === 'vector') {
      const buffer = await gpu.buffers.allocate(spec.label, spec.length * 4, 'weights');
      gpu.device.queue.writeBuffer(buffer, 0, spec.values ?? vectorOf(spec));
      made.set(spec, { label: spec.label, length: spec.length, buffer });
      continue;
    }
    const format = formatOf(spec.role);
    const { weight } = await MatrixUpload.begin(gpu, spec, spec.parts.map(() => ({ format: describeFormat(format) })));
    const rows = Math.min(PATTERN_ROWS, spec.outputs);
    const packed = isPackable(format)
      ? packRows(format, Float32Array.from({ length: rows * spec.inputs }, () => (2 * next() - 1) / Math.sqrt(spec.inputs)), rows, spec.inputs)
      : randomBytes(format, rows, spec.inputs);
    for (const { planes } of weight.chunks) for (const [name, buffer] of Object.entries(planes)) await tile(gpu, buffer, packed[name]);
    made.set(spec, weight);
  }
  return made;
}

/** Rows of random codes and scales: every norm makes the activations small again. */
function randomBytes(format: WeightFormat, rows: number, inputs: number): Record<string, Uint8Array<ArrayBuffer>> {
  return Object.fromEntries(Object.entries(randomPlanes(format, rows, inputs, 1)).map(([name, { buffer }]) => [name, new Uint8Array(buffer)]));
}

/** Every tensor a half, through what the model makes of it: a log-decay must come out negative, or the state explodes. */
function vectorOf({ length, parts, made }: VectorSpec): Float32Array<ArrayBuffer> {
  const values = new Float32Array(made?.stored ?? length);
  for (const { shape, offset, stride, map } of parts) {
    const count = shape.reduce((product, size) => product * size, 1);
    for (let i = 0; i < count; i++) values[offset + i * stride] = map ? map(0.5, i) : 0.5;
  }
  return made ? made.from(values) : values;
}

/** Fills a buffer with repetitions of `pattern`. */
async function tile(gpu: Gpu, buffer: GPUBuffer, pattern: Uint8Array<ArrayBuffer>): Promise<void> {
  const source = await gpu.buffers.allocate('pattern', pattern.byteLength, 'activations');
  gpu.device.queue.writeBuffer(source, 0, pattern);
  const encoder = gpu.device.createCommandEncoder();
  for (let filled = 0; filled < buffer.size; filled += pattern.byteLength) {
    encoder.copyBufferToBuffer(source, 0, buffer, filled, Math.min(pattern.byteLength, buffer.size - filled));
  }
  gpu.device.queue.submit([encoder.finish()]);
  gpu.buffers.destroy(source);
}
