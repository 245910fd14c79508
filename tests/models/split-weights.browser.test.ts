import { afterEach, describe, expect, test } from 'vitest';
import { Gpu } from '../../engine/gpu/device.ts';
import { readBuffer } from '../../engine/gpu/read-buffer.ts';
import type { Weight } from '../../engine/ops/weight.ts';
import { packRows } from '../../models/quant/pack-rows.ts';
import { PACKABLE_FORMATS, type PackableFormat } from '../../models/quant/packer.ts';
import { MatrixUpload } from '../../models/weights/matrix-upload.ts';
import { alternating as alternatingRows } from '../../models/weights/row-orders.ts';
import { interleaved, matrix, type MatrixSpec } from '../../models/weights/spec.ts';
import { bytesPerRow, describeFormat } from '../../shaders/dequant/formats.ts';
import { decodeRows } from '../../shaders/dequant/reference.ts';
import { normal } from '../../shaders/random.ts';
import { CONFIG, fetchFolder, readJson, readTensors, toFiles, WEIGHTS, withConfig, withTensors } from './checkpoint-folder.ts';
import { logitsOf, relativeRms } from './load-checks.ts';

let gpu: Gpu | undefined;
afterEach(() => gpu?.destroy());

/** The planes of a weight as they are on the GPU, its chunks one after the other. */
async function readPlanes(from: Gpu, format: PackableFormat, { inputs, chunks }: Weight): Promise<Record<string, Uint8Array>> {
  const planes: Record<string, Uint8Array> = {};
  for (const plane of describeFormat(format).planes) {
    const parts: Uint8Array[] = [];
    for (const chunk of chunks) {
      const bytes = chunk.rows * plane.bytesPerRow(inputs);
      // Copies are whole words.
      parts.push(new Uint8Array(await readBuffer(from, chunk.planes[plane.name], Math.ceil(bytes / 4) * 4)).subarray(0, bytes));
    }
    planes[plane.name] = new Uint8Array(await new Blob(parts as BlobPart[]).arrayBuffer());
  }
  return planes;
}

const ROWS = 150;
const INPUTS = 100;

describe.each(PACKABLE_FORMATS)('a matrix in %s', (format) => {
  test.each([
    ['in one buffer', Infinity, 1],
    ['over three buffers', 64, 3],
  ] as const)('that arrives in slabs and alternating rows %s is packed as at once', async (_, rowsAtMost, chunks) => {
    const widest = Math.max(...describeFormat(format).planes.map((plane) => plane.bytesPerRow(INPUTS)));
    gpu = await Gpu.request({ maxBindingBytes: rowsAtMost === Infinity ? Infinity : rowsAtMost * widest + 100 });
    const values = normal(ROWS * INPUTS, 3, 0.05);
    const whole = packRows(format, values, ROWS, INPUTS);
    const rows = (first: number, count: number, stride = 1): Float32Array<ArrayBuffer> => {
      const taken = new Float32Array(count * INPUTS);
      for (let i = 0; i < count; i++) taken.set(values.subarray((first + i * stride) * INPUTS, (first + i * stride + 1) * INPUTS), i * INPUTS);
      return taken;
    };
    const begin = (spec: MatrixSpec): Promise<MatrixUpload> => MatrixUpload.begin(gpu as Gpu, spec, spec.parts.map(() => ({ format: describeFormat(format) })));
    const pack = (first: number, count: number, stride = 1): Record<string, Uint8Array<ArrayBuffer>> => packRows(format, rows(first, count, stride), count, INPUTS);

    const slabs = await begin(matrix('m', ROWS, INPUTS));
    let written = 0;
    for (let row = 0; row < ROWS; row += 47) written += slabs.put(0, pack(row, Math.min(47, ROWS - row)), row, Math.min(47, ROWS - row));
    expect(written).toBe(ROWS * bytesPerRow(format, INPUTS));
    expect(slabs.weight.chunks).toHaveLength(chunks);

    // Odd rows first, each half in two slabs, as gate and up of a gated MLP come.
    const alternating = await begin(interleaved('m', 'gate', 'up', ROWS / 2, INPUTS));
    for (const first of [1, 0]) {
      alternating.put(first, pack(first, 40, 2), 0, 40);
      alternating.put(first, pack(first + 80, 35, 2), 40, 35);
    }
    // The same from one tensor that has them half by half.
    const halves = await begin(matrix('m', ROWS, INPUTS, { order: alternatingRows(ROWS) }));
    halves.put(0, pack(0, 75, 2), 0, 75);
    halves.put(0, pack(1, 75, 2), 75, 75);
    for (const { weight } of [slabs, alternating, halves]) {
      const planes = await readPlanes(gpu, format, weight);
      for (const [name, bytes] of Object.entries(whole)) expect(planes[name]).toEqual(bytes);
      expect(decodeRows(format, planes, ROWS, INPUTS)).toEqual(decodeRows(format, whole, ROWS, INPUTS));
    }
  });
});

/** Bindings that hold 64 rows of 48 inputs, in f32 padded to 64: embeddings of 160 rows, MLPs and projections then lie in several. */
const SMALL = 64 * 64 * 4;

describe('weights split over several bindings', () => {
  test.each([
    ['arch/qwen2', 'f32'],
    ['arch/gpt2', 'f32'],
    ['arch/llama', 'int8'],
    ['arch/qwen3_5_text', 'int4'],
  ] as const)('%s in %s gives what it gives unsplit', async (name, format) => {
    const files = toFiles(await fetchFolder(name));
    const options = format === 'f32' ? { precision: format } as const : { precision: 'f32', quantize: format } as const;
    const whole = await logitsOf(files, options);
    const created: string[] = [];
    let largest = 0;
    const allocate = GPUDevice.prototype.createBuffer;
    GPUDevice.prototype.createBuffer = function (descriptor) {
      created.push(descriptor.label ?? '');
      if (/ (quants|high|scales|zeros)$/.test(descriptor.label ?? '')) largest = Math.max(largest, descriptor.size);
      return allocate.call(this, descriptor);
    };
    const maxBindingBytes = format === 'f32' ? SMALL : SMALL / 4;
    const split = await logitsOf(files, { ...options, maxBindingBytes }).finally(() => (GPUDevice.prototype.createBuffer = allocate));
    const timesAllocated = new Map(created.map((label) => [label, created.filter((other) => other === label).length]));
    const inParts = [...timesAllocated].filter(([label, times]) => times > 1 && label.endsWith(' quants')).map(([label]) => label);
    expect(inParts.some((label) => /embed|wte/.test(label)), 'the embedding is split').toBe(true);
    expect(inParts.some((label) => /qkv|c_attn/.test(label)), 'a projection is split').toBe(true);
    expect(inParts.some((label) => /gate_up|c_fc/.test(label)), 'an MLP is split').toBe(true);
    expect(largest).toBeLessThanOrEqual(maxBindingBytes);
    expect(relativeRms(split, whole)).toBeLessThan(1e-6);
  });

  test('that cannot hold two rows are too small', async () => {
    gpu = await Gpu.request({ maxBindingBytes: 150 });
    await expect(MatrixUpload.begin(gpu, matrix('m', ROWS, INPUTS), [{ format: describeFormat('int8') }])).rejects.toMatchObject({ code: 'gpu/out-of-memory', message: expect.stringContaining('two rows of m') });
  });

  test('the biases of an interleaved MLP follow its rows', async () => {
    const llama = await fetchFolder('arch/llama');
    const { num_hidden_layers: layers, intermediate_size: inner, hidden_size: hidden } = readJson(llama, CONFIG) as Record<string, number>;
    const bias = (name: string, length: number, seed: number) => ({ name, dtype: 'F32', shape: [length], bytes: new Uint8Array(normal(length, seed, 0.5).buffer) });
    const biases = Array.from({ length: layers }, (_, i) => [
      bias(`model.layers.${i}.mlp.gate_proj.bias`, inner, 3 * i),
      bias(`model.layers.${i}.mlp.up_proj.bias`, inner, 3 * i + 1),
      bias(`model.layers.${i}.mlp.down_proj.bias`, hidden, 3 * i + 2),
    ]).flat();
    const files = toFiles(withTensors(withConfig(llama, { mlp_bias: true }), (tensors) => [...tensors, ...biases]));
    const whole = await logitsOf(files);
    expect(relativeRms(await logitsOf(files, { maxBindingBytes: SMALL }), whole)).toBeLessThan(1e-6);
    // And they do something.
    expect(relativeRms(await logitsOf(toFiles(llama)), whole)).toBeGreaterThan(0.01);
    expect(readTensors(llama[WEIGHTS]).some(({ name }) => name.endsWith('.bias'))).toBe(false);
  });
});
