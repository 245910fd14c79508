import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openCheckpoint } from '../models/checkpoint/open-checkpoint.ts';
import type { CompressedFormat } from '../models/compress/compressed-matrix.ts';
import { planCompression } from '../models/compress/plan-compression.ts';
import { packRows } from '../models/quant/pack-rows.ts';
import { toFloat32 } from '../models/safetensors/to-float32.ts';
import { decodeRows } from '../shaders/dequant/reference.ts';
import { readTensors, text } from './models/checkpoint-folder.ts';
import { compressFiles } from './support/compress-folder.ts';
import { decodeCompressed } from './support/decode-compressed.ts';
import { randomCheckpoint, type RandomModel } from './support/random-checkpoint.ts';
import { writeSafetensors, type WrittenTensor } from './support/write-safetensors.ts';

const FORMATS: readonly CompressedFormat[] = ['int4', 'int8', 'fp8'];
/** With tied and untied heads, biases, rows that are no whole groups, and a text model inside a multimodal one. */
const MODELS = ['random/llama', 'random/qwen3_5_text', 'arch/qwen2', 'real/stories260K', 'variants/llama-linear-tied', 'variants/qwen3_5'];

function read(fixture: string, file: string): Uint8Array<ArrayBuffer> {
  const [folder, name] = fixture.split('/');
  return folder === 'random' ? randomCheckpoint(name as RandomModel)[file] : new Uint8Array(readFileSync(join(import.meta.dirname, 'fixtures', fixture, file)));
}
const filesOf = (fixture: string, changes: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = {}): File[] =>
  ['config.json', 'model.safetensors'].map((file) => new File([changes[file] ?? read(fixture, file)], file));
const floats = (fixture: string, { name, dtype, shape, bytes }: WrittenTensor): Float32Array => toFloat32({ name, dtype, shape, byteLength: bytes.length, file: fixture, offset: 0 }, bytes.slice());
const byName = (tensors: readonly WrittenTensor[]): Map<string, WrittenTensor> => new Map(tensors.map((tensor) => [tensor.name, tensor]));

describe.each(MODELS)('%s', (fixture) => {
  // How a format is written is no matter of models: two of them in all formats, the others for what they store in another way.
  test.each(fixture.startsWith('random/') ? ([...FORMATS, 'uniform int4', 'int4 with its embedding'] as const) : (['int4'] as const))('as %s: what is written decodes to what the packers make, the rest is as it was', async (name) => {
    const to = FORMATS.find((format) => name.includes(format)) ?? 'int4';
    const { files, plan } = await compressFiles(filesOf(fixture), { to, uniform: name === 'uniform int4', embedding: name.endsWith('embedding') });
    const decoded = byName(decodeCompressed(readTensors(files['model.safetensors'])));
    const originals = readTensors(read(fixture, 'model.safetensors'));
    expect(decoded.size).toBe(originals.length);
    for (const original of originals) {
      const format = plan.formats.get(original.name);
      const written = decoded.get(original.name);
      if (!format) {
        expect(written).toEqual(original);
        continue;
      }
      const [rows, inputs] = original.shape;
      const expected = decodeRows(format, packRows(format, floats(fixture, original), rows, inputs), rows, inputs);
      expect(written?.shape).toEqual(original.shape);
      expect(Buffer.compare(written?.bytes ?? new Uint8Array(), new Uint8Array(expected.buffer))).toBe(0);
    }
  });

  test('every linear layer is in one group or ignored, as vLLM looks them up, and the parts of fused layers agree', async () => {
    for (const [to, embedding] of [...FORMATS.map((format) => [format, false] as const), ['int4', true] as const]) {
      const { files, plan } = await compressFiles(filesOf(fixture), { to, uniform: false, embedding });
      const { quantization_config: config } = JSON.parse(new TextDecoder().decode(files['config.json']));
      const modules = readTensors(read(fixture, 'model.safetensors')).filter(({ name, shape }) => name.endsWith('.weight') && shape.length === 2 && (plan.formats.has(name) || !name.includes('embed'))).map(({ name }) => name.slice(0, -'.weight'.length));
      for (const module of modules) {
        const planned = plan.formats.get(`${module}.weight`);
        expect([module, lookUp(config, module)]).toEqual([module, planned === undefined ? undefined : [SCHEME[planned]]]);
      }
      const fused = [['q_proj', 'k_proj', 'v_proj'], ['gate_proj', 'up_proj'], ['in_proj_qkv', 'in_proj_z'], ['in_proj_b', 'in_proj_a']];
      for (const [first, ...others] of fused) {
        for (const module of modules.filter((candidate) => candidate.endsWith(first))) {
          for (const other of others) expect(lookUp(config, module.replace(first, other))).toEqual(lookUp(config, module));
        }
      }
    }
  });
});

const SCHEME: Readonly<Record<CompressedFormat, string>> = { int4: '4 int group 32', int8: '8 int group 32', fp8: '8 float channel null' };

interface Group {
  readonly targets: readonly string[];
  readonly weights: { readonly num_bits: number; readonly type: string; readonly strategy: string; readonly group_size: number | null };
}

/** The groups whose targets name a module; undefined where it is ignored. Every module here is of the class Linear. */
function lookUp({ config_groups: groups, ignore }: { readonly config_groups: Readonly<Record<string, Group>>; readonly ignore: readonly string[] }, module: string): string[] | undefined {
  const matches = (target: string): boolean => (target.startsWith('re:') ? new RegExp(`^(?:${target.slice(3)})`).test(module) : target === module || target === 'Linear');
  if (ignore.some((target) => target === module)) return undefined;
  return Object.values(groups).filter(({ targets }) => targets.some(matches)).map(({ weights: { num_bits: bits, type, strategy, group_size: size } }) => `${bits} ${type} ${strategy} ${size}`);
}

test('a config keeps every other byte, and the header names its framework', async () => {
  const { files } = await compressFiles(filesOf('real/stories260K'), { to: 'int8', uniform: false });
  const [before, after] = [new TextDecoder().decode(read('real/stories260K', 'config.json')), new TextDecoder().decode(files['config.json'])];
  expect(after.startsWith(before.trimEnd().slice(0, -1).trimEnd())).toBe(true);
  const { quantization_config: added, ...rest } = JSON.parse(after);
  expect(rest).toEqual(JSON.parse(before));
  expect(added).toMatchObject({ quant_method: 'compressed-tensors', format: 'pack-quantized', quantization_status: 'compressed' });
  expect(new TextDecoder().decode(files['model.safetensors'].subarray(8, 60))).toContain('"__metadata__":{"format":"pt"}');
});

test('shards hold no more than they may, and their index names each tensor', async () => {
  const limit = 40_000;
  const { files } = await compressFiles(filesOf('random/llama'), { to: 'int4', uniform: true }, { shardBytes: limit });
  const single = await compressFiles(filesOf('random/llama'), { to: 'int4', uniform: true });
  const { 'config.json': config, 'model.safetensors.index.json': index, ...shards } = files;
  expect(config.length).toBeGreaterThan(0);
  const { weight_map: map, metadata } = JSON.parse(new TextDecoder().decode(index));
  const names = Object.keys(shards);
  expect(names.length).toBeGreaterThan(3);
  names.forEach((name, i) => expect(name).toBe(`model-${String(i + 1).padStart(5, '0')}-of-${String(names.length).padStart(5, '0')}.safetensors`));
  const tensors = names.flatMap((name) => readTensors(shards[name], name).map((tensor) => ({ name, tensor })));
  for (const { name, tensor } of tensors) expect(map[tensor.name]).toBe(name);
  for (const name of names) {
    const held = readTensors(shards[name], name);
    const bytes = held.reduce((sum, tensor) => sum + tensor.bytes.length, 0);
    if (held.length > 1) expect(bytes).toBeLessThanOrEqual(limit);
  }
  expect(metadata.total_size).toBe(tensors.reduce((sum, { tensor }) => sum + tensor.bytes.length, 0));
  expect(tensors.map(({ tensor }) => tensor)).toEqual(readTensors(single.files['model.safetensors']));
});

test('quantising what was quantised and decoded gives the same again', async () => {
  for (const to of FORMATS) {
    const { files: once } = await compressFiles(filesOf('random/llama'), { to, uniform: false });
    const weights = writeSafetensors(decodeCompressed(readTensors(once['model.safetensors'])));
    const { files: twice } = await compressFiles(filesOf('random/llama', { 'model.safetensors': weights }), { to, uniform: false });
    const [first, second] = [once, twice].map((files) => decodeCompressed(readTensors(files['model.safetensors'])).map((tensor) => floats('', tensor)));
    // By value: the sign of a zero may change.
    first.forEach((values, i) => expect(values.findIndex((value, j) => value !== second[i][j])).toBe(-1));
  }
});

describe('what cannot be quantised', () => {
  const failure = (files: readonly File[], to: CompressedFormat = 'int4'): Promise<unknown> => compressFiles(files, { to, uniform: false }).then(() => expect.fail('it should not work'), (error: unknown) => error);

  test.each(['quant/qwen3_5-ct-int4-g32', 'quant/llama-gptq-g32', 'quant/qwen3_5-fp8-block'])('%s is quantised already', async (fixture) => {
    expect(await failure(filesOf(fixture))).toMatchObject({ code: 'quantize/already-quantized' });
  });

  test('matrices that are stored the other way round', async () => {
    const error = await failure(filesOf('arch/gpt2'));
    expect(error).toMatchObject({ code: 'quantize/unsupported-layout' });
    expect(error).toHaveProperty('tensor', expect.stringContaining('c_attn'));
  });

  test('an unknown kind of model, and a damaged one', async () => {
    expect(await failure(filesOf('random/llama', { 'config.json': text('{"model_type":"nonesuch"}') }))).toMatchObject({ code: 'load/unsupported-model' });
    const weights = read('random/llama', 'model.safetensors');
    expect(await failure(filesOf('random/llama', { 'model.safetensors': weights.slice(0, -100) }))).toMatchObject({ code: 'checkpoint/truncated' });
  });

  test.each(FORMATS)('a weight that is no number, with %s', async (to) => {
    const name = 'model.layers.1.mlp.down_proj.weight';
    const weights = writeSafetensors(readTensors(read('random/llama', 'model.safetensors')).map((tensor) => (tensor.name === name ? withNaN(tensor, 2 * tensor.shape[1] + 3) : tensor)));
    expect(await failure(filesOf('random/llama', { 'model.safetensors': weights }), to)).toMatchObject({ code: 'unpackable-weight', tensor: name, row: 2, column: 3, file: 'model.safetensors' });
  });
});

function withNaN(tensor: WrittenTensor, index: number): WrittenTensor {
  const values = new Float32Array(tensor.bytes.slice().buffer);
  values[index] = NaN;
  return { ...tensor, bytes: new Uint8Array(values.buffer) };
}

test('matrices whose rows are no whole groups stay as they are', async () => {
  const plan = await planCompression(await openCheckpoint(filesOf('real/stories260K')), { to: 'int4', uniform: true });
  expect(plan.unaligned).toHaveLength(5);
  expect(plan.unaligned.every((name) => name.endsWith('.mlp.down_proj.weight') && !plan.formats.has(name))).toBe(true);
  expect((await planCompression(await openCheckpoint(filesOf('real/stories260K')), { to: 'fp8', uniform: true })).unaligned).toEqual([]);
});
