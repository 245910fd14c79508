import { afterEach, describe, expect, test } from 'vitest';
import { Gpu } from '../../engine/gpu/device.ts';
import { readBuffer } from '../../engine/gpu/read-buffer.ts';
import type { Weight } from '../../engine/ops/weight.ts';
import type { TensorInfo } from '../../models/checkpoint/tensor-info.ts';
import { F32_PACKERS } from '../support/f32-packers.ts';
import { loadWeights } from '../../models/weights/load-weights.ts';
import { planWeights } from '../../models/weights/plan.ts';
import { expertMatrix, stackedExperts } from '../../models/weights/expert-specs.ts';
import { alternating } from '../../models/weights/row-orders.ts';
import { interleaved, type MatrixSpec } from '../../models/weights/spec.ts';
import { normal } from '../../shaders/random.ts';
import type { WrittenTensor } from '../support/write-safetensors.ts';
import { fetchFolder, readJson, CONFIG, toFiles, withConfig, withTensor, withTensors, type Folder } from './checkpoint-folder.ts';
import { expectLoadFailure, loadFailure, logitsOf, relativeRms } from './load-checks.ts';

let gpu: Gpu | undefined;
afterEach(() => gpu?.destroy());

const [EXPERTS, ROWS, INPUTS] = [5, 6, 32];

/** Rows [EXPERTS · ROWS, INPUTS] on the GPU of a matrix that is made from these f32 tensors. */
async function loaded(spec: MatrixSpec, tensors: Readonly<Record<string, readonly [shape: readonly number[], values: Float32Array<ArrayBuffer>]>>, maxBindingBytes = Infinity): Promise<{ weight: Weight; values: Float32Array }> {
  const infos = Object.entries(tensors).map(([name, [shape, values]]): TensorInfo => ({ name, dtype: 'F32', shape, file: 'test', offset: 0, byteLength: values.byteLength }));
  const byName = new Map(infos.map((info) => [info.name, info]));
  async function* read(names: Iterable<string>) {
    for (const name of names) {
      const tensor = byName.get(name);
      if (tensor) yield { tensor, bytes: new Uint8Array(tensors[name][1].slice().buffer) };
    }
  }
  gpu = await Gpu.request({ maxBindingBytes });
  const checkpoint = { tensors: byName, weightsFile: 'test', read } as unknown as Parameters<typeof loadWeights>[1];
  const weights = await loadWeights(gpu, checkpoint, planWeights({ spec }, checkpoint, { canonicalName: (name) => name, packers: F32_PACKERS }), { onBytes: () => {} });
  const weight = weights.get(spec) as Weight;
  const values = new Float32Array(EXPERTS * ROWS * INPUTS);
  for (const { rowStart, rows, planes } of weight.chunks) values.set(new Float32Array(await readBuffer(gpu, planes.quants, rows * INPUTS * 4)), rowStart * INPUTS);
  return { weight, values };
}

describe('experts in a checkpoint', () => {
  const values = normal(EXPERTS * ROWS * INPUTS, 41);
  const expert = (i: number): Float32Array<ArrayBuffer> => values.slice(i * ROWS * INPUTS, (i + 1) * ROWS * INPUTS);
  const rowsOf = (matrix: Float32Array<ArrayBuffer>, first: number): Float32Array<ArrayBuffer> => matrix.filter((_, i) => Math.floor(i / INPUTS) % 2 === first);

  test('in one tensor [experts, rows, inputs]', async () => {
    expect((await loaded(expertMatrix('all', EXPERTS, ROWS, INPUTS), { all: [[EXPERTS, ROWS, INPUTS], values] })).values).toEqual(values);
  });

  test('in one tensor [experts, inputs, rows]', async () => {
    const transposed = Float32Array.from(values, (_, i) => {
      const [e, k, row] = [Math.floor(i / ROWS / INPUTS), Math.floor(i / ROWS) % INPUTS, i % ROWS];
      return values[(e * ROWS + row) * INPUTS + k];
    });
    expect((await loaded(expertMatrix('all', EXPERTS, ROWS, INPUTS, { transposed: true }), { all: [[EXPERTS, INPUTS, ROWS], transposed] })).values).toEqual(values);
  });

  test('in one tensor with gate before up in each, split between experts too', async () => {
    const halves = Float32Array.from({ length: values.length }, (_, i) => {
      const [e, row, k] = [Math.floor(i / ROWS / INPUTS), Math.floor(i / INPUTS) % ROWS, i % INPUTS];
      const half = ROWS / 2;
      return values[(e * ROWS + (row < half ? 2 * row : 2 * (row - half) + 1)) * INPUTS + k];
    });
    const spec = expertMatrix('all', EXPERTS, ROWS, INPUTS, { order: alternating(ROWS) });
    expect((await loaded(spec, { all: [[EXPERTS, ROWS, INPUTS], halves] })).values).toEqual(values);
    gpu?.destroy();
    expect((await loaded(spec, { all: [[EXPERTS, ROWS, INPUTS], halves] }, 2 * ROWS * INPUTS * 4)).values).toEqual(values);
  });

  test('each in tensors of its own, gate and up by themselves', async () => {
    const spec = stackedExperts('all', Array.from({ length: EXPERTS }, (_, i) => interleaved(`${i}`, `${i}.gate`, `${i}.up`, ROWS / 2, INPUTS)));
    const tensors = Object.fromEntries(Array.from({ length: EXPERTS }, (_, i) => ['gate', 'up'].map((name, first) => [`${i}.${name}`, [[ROWS / 2, INPUTS], rowsOf(expert(i), first)]] as const)).flat());
    expect((await loaded(spec, tensors)).values).toEqual(values);
  });

  test('are split between experts where a binding does not hold all of them', async () => {
    const { weight, values: read } = await loaded(expertMatrix('all', EXPERTS, ROWS, INPUTS), { all: [[EXPERTS, ROWS, INPUTS], values] }, (2 * ROWS + 3) * INPUTS * 4);
    expect(weight.chunks.map(({ rowStart, rows }) => [rowStart, rows])).toEqual([[0, 12], [12, 12], [24, 6]]);
    expect(read).toEqual(values);
  });

  test('of another shape are refused by name', async () => {
    await expect(loaded(expertMatrix('all', EXPERTS, ROWS, INPUTS), { all: [[EXPERTS * ROWS, INPUTS], values] })).rejects.toMatchObject({ code: 'checkpoint/tensor-shape', tensor: 'all' });
    const gptOss = await fetchFolder('arch/gpt_oss');
    const name = 'model.layers.1.mlp.experts.gate_up_proj';
    await expectLoadFailure(withTensor(gptOss, name, (tensor) => ({ ...tensor, shape: [4, 96, 48] })), { code: 'checkpoint/tensor-shape', tensor: name, message: /\[4, 48, 96\]/ });
    await expectLoadFailure(withTensors(gptOss, (tensors) => tensors.filter((tensor) => tensor.name !== name)), { code: 'checkpoint/missing-tensor', tensor: name });
  });
});

describe.each([
  // An expert's gate and up, padded to 64 inputs: 24,576 bytes in f32. Down, gate and up, and the embedding are then in several bindings.
  ['arch/gpt_oss', 'none', 30_000],
  ['arch/qwen3_moe', 'int8', 9_000],
] as const)('%s with %s', (name, quantize, maxBindingBytes) => {
  test.each([512, 1])('split between experts gives what it gives unsplit, in chunks of %i', async (prefillChunk) => {
    const files = toFiles(await fetchFolder(name));
    const whole = await logitsOf(files, { quantize, prefillChunk });
    expect(relativeRms(await logitsOf(files, { quantize, prefillChunk, maxBindingBytes }), whole)).toBeLessThan(1e-6);
  });
});

test('an expert that no binding holds is an error', async () => {
  const files = toFiles(await fetchFolder('arch/gpt_oss'));
  expect(await loadFailure(files, { precision: 'f32', maxBindingBytes: 24_000 })).toMatchObject({ code: 'gpu/out-of-memory', message: expect.stringContaining('an expert of model.layers.0.mlp.experts.gate_up_proj') });
});

/** The projections of each layer's experts in two tensors, [experts, 2 · inner, hidden] with gate before up, and [experts, hidden, inner]. */
function withFusedExperts(folder: Folder): Folder {
  return withTensors(folder, (tensors) => {
    const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
    const fused = (block: string, experts: number, names: readonly string[]): WrittenTensor[] => {
      const parts = Array.from({ length: experts }, (_, i) => names.map((name) => byName.get(`${block}.experts.${i}.${name}.weight`) as WrittenTensor)).flat();
      const [{ dtype, shape: [rows, inputs] }] = parts;
      const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.bytes.length, 0));
      parts.reduce((at, part) => (bytes.set(part.bytes, at), at + part.bytes.length), 0);
      return [{ name: `${block}.experts.${names.length === 2 ? 'gate_up_proj' : 'down_proj'}`, dtype, shape: [experts, names.length * rows, inputs], bytes }];
    };
    return tensors.flatMap((tensor): WrittenTensor[] => {
      const [, block, expert, name] = /^(.*)\.experts\.(\d+)\.(\w+)\.weight$/.exec(tensor.name) ?? [];
      if (block === undefined) return [tensor];
      const experts = tensors.filter((other) => other.name.startsWith(`${block}.experts.`) && other.name.endsWith(`.${name}.weight`)).length;
      if (expert !== '0' || name === 'up_proj') return [];
      return fused(block, experts, name === 'gate_proj' ? ['gate_proj', 'up_proj'] : ['down_proj']);
    });
  });
}

test('experts that are stored in one tensor give what they give apart', async () => {
  const apart = await fetchFolder('arch/qwen3_moe');
  const options = { quantize: 'int4' } as const;
  expect(await logitsOf(toFiles(withFusedExperts(apart)), options)).toEqual(await logitsOf(toFiles(apart), options));
});

/** A dense model with the MLP of each `sparse` layer copied into `experts` experts. */
function withExperts(dense: Folder, changes: Readonly<Record<string, unknown>>, experts: number, sparse: (layer: number) => boolean): Folder {
  const { intermediate_size: width, hidden_size: hidden } = readJson(dense, CONFIG) as Record<string, number>;
  const config = { model_type: 'qwen3_moe', num_experts: experts, moe_intermediate_size: width, ...changes };
  return withTensors(withConfig(dense, config), (tensors) =>
    tensors.flatMap((tensor): WrittenTensor[] => {
      const [, layer, projection] = /^model\.layers\.(\d+)\.mlp\.(.*)$/.exec(tensor.name) ?? [];
      if (layer === undefined || !sparse(Number(layer))) return [tensor];
      const copies = Array.from({ length: experts }, (_, i) => ({ ...tensor, name: `model.layers.${layer}.mlp.experts.${i}.${projection}` }));
      const router = { name: `model.layers.${layer}.mlp.gate.weight`, dtype: 'F32', shape: [experts, hidden], bytes: new Uint8Array(normal(experts * hidden, Number(layer), 0.1).buffer) } as const;
      return projection?.startsWith('down') ? [...copies, router] : copies;
    }),
  );
}

test.each([
  ['one expert', { num_experts_per_tok: 1 }, 1, () => true],
  ['two of three, whose weights are made to add up to 1', { num_experts_per_tok: 2, norm_topk_prob: true }, 3, () => true],
  ['three of three, whose weights add up to 1', { num_experts_per_tok: 3 }, 3, () => true],
  ['experts in every second layer', { num_experts_per_tok: 1, norm_topk_prob: true, decoder_sparse_step: 2 }, 2, (layer: number) => layer % 2 === 1],
  ['experts in all layers but those named', { num_experts_per_tok: 1, norm_topk_prob: true, mlp_only_layers: [0, 2] }, 2, (layer: number) => layer === 1],
] as const)('a model whose experts are all its MLP gives what the dense model gives: %s', async (_, changes, experts, sparse) => {
  const dense = await fetchFolder('arch/qwen3');
  const expected = await logitsOf(toFiles(dense));
  for (const prefillChunk of [512, 1]) expect(relativeRms(await logitsOf(toFiles(withExperts(dense, changes, experts, sparse)), { prefillChunk }), expected)).toBeLessThan(3e-6);
  // Where the weights are left as they are they do not add up to 1, and that shows.
  if (experts > changes.num_experts_per_tok) {
    const smaller = withExperts(dense, { ...changes, norm_topk_prob: false }, experts, sparse);
    expect(relativeRms(await logitsOf(toFiles(smaller)), expected)).toBeGreaterThan(0.01);
  }
});
