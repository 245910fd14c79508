import { describe, expect, test } from 'vitest';
import { Graph } from '../../engine/ops/graph.ts';
import type { ParsedModel } from '../../models/architectures/architecture.ts';
import { parseModel } from '../../models/architectures/parse-model.ts';
import type { Checkpoint } from '../../models/checkpoint/checkpoint.ts';
import { openCheckpoint } from '../../models/checkpoint/open-checkpoint.ts';
import { ConfigReader } from '../../models/config/config-reader.ts';
import { collectSpecs, planWeights, replaceSpecs, type PlanOptions } from '../../models/weights/plan.ts';
import { storedModules } from '../../models/weights/stored-modules.ts';
import type { MatrixPart } from '../../models/weights/spec.ts';
import { hubRows, hubValues, liesTransposed } from '../../models/weights/stored-values.ts';
import { F32_PACKERS } from '../support/f32-packers.ts';
import { convertCheckpoint } from '../support/gguf/convert-checkpoint.ts';
import { bool, number, numbers, string, u32 } from '../support/gguf/values.ts';
import { writeGguf, type GgufContents, type WrittenMetadata } from '../support/gguf/write-gguf.ts';
import { memorySource } from '../support/memory-source.ts';
import { openFixture, readWhole } from './fixture.ts';

const CONTEXT = 32;

async function parse({ config, configFile }: Checkpoint): Promise<ParsedModel> {
  const reader = new ConfigReader(config, configFile);
  return parseModel(reader);
}

const specsOf = (model: ParsedModel, checkpoint: Checkpoint): object => model.weights(CONTEXT, storedModules(checkpoint, model.canonicalName));

const planOptions = ({ canonicalName }: ParsedModel): PlanOptions => ({ canonicalName, packers: F32_PACKERS });

/** The forward pass, its weights by label, as it would be compiled: a model may be made of other tensors than on the Hub. */
async function recorded(checkpoint: Checkpoint): Promise<unknown> {
  const model = await parse(checkpoint);
  const graph = new Graph();
  model.forward(graph, replaceSpecs(specsOf(model, checkpoint), (spec) => ({ ...spec, values: undefined, parts: undefined })));
  return JSON.parse(JSON.stringify({ nodes: graph.nodes, states: graph.states, vocabulary: model.vocabularySize, positions: model.maxPositions }));
}

/** Every weight as the GPU would get it, by label: matrices [outputs, inputs], vectors through their maps. */
async function weights(checkpoint: Checkpoint): Promise<Map<string, number[]>> {
  const model = await parse(checkpoint);
  const specs = specsOf(model, checkpoint);
  const plan = planWeights(specs, checkpoint, planOptions(model));
  const parts = new Map(plan.parts.flatMap(({ spec, index, tensors }) => [...tensors.values()].map(({ name }) => [name, { label: spec.label, part: spec.parts[index], inputs: spec.inputs }] as const)));
  const unset = (length: number): number[] => Array.from({ length }, () => NaN);
  const result = new Map(collectSpecs(specs).map((spec) => [spec.label, spec.kind === 'vector' ? [...(spec.values ?? unset(spec.length))] : unset(spec.outputs * spec.inputs)]));
  for await (const { tensor, bytes } of checkpoint.read([...parts.keys(), ...plan.vectors.keys()])) {
    const matrix = parts.get(tensor.name);
    const vector = plan.vectors.get(tensor.name);
    if (matrix) {
      const { label, part, inputs } = matrix;
      const values = liesTransposed(part, tensor) ? transposed([...hubValues(tensor, bytes)], part) : [...hubRows(tensor, bytes, 0, 1, inputs), ...hubRows(tensor, bytes, 1, part.rows - 1, inputs)];
      place(result.get(label), values, part, inputs);
    } else if (vector) {
      const { spec, part } = vector;
      place(result.get(spec.label), Array.from(hubValues(tensor, bytes), (value, i) => Math.fround(part.map ? part.map(value, i) : value)), { start: part.offset, stride: part.stride }, 1);
    }
  }
  return result;
}

/** Writes rows to where the part says that they go. */
function place(target: number[] = [], values: readonly number[], { start, stride }: { readonly start: number; readonly stride: number }, width: number): void {
  values.forEach((value, i) => (target[(start + Math.floor(i / width) * stride) * width + (i % width)] = value));
}

/** Of each expert, where there are any. */
function transposed(values: readonly number[], { rows, experts = 1 }: MatrixPart): number[] {
  const size = values.length / experts;
  const inputs = size / rows;
  return values.map((_, i) => values[i - (i % size) + (i % inputs) * rows + Math.floor((i % size) / inputs)]);
}

async function converted(name: string, change: (header: GgufContents) => GgufContents = (header) => header): Promise<Checkpoint> {
  const hub = await openFixture(name);
  const bytes = writeGguf(change(convertCheckpoint(await readWhole(hub), 'F32').gguf));
  return openCheckpoint(memorySource({ 'sub/x.gguf': bytes }, 'sub/x.gguf'));
}

/** Adds these, or puts them in the place of what is there. */
const withKeys = (...pairs: WrittenMetadata) => (header: GgufContents): GgufContents => ({ ...header, metadata: [...(header.metadata ?? []).filter(([key]) => !pairs.some(([other]) => other === key)), ...pairs] });
const withoutKey = (key: string) => (header: GgufContents): GgufContents => ({ ...header, metadata: (header.metadata ?? []).filter(([other]) => other !== key) });

// 1 + w and −exp(A_log) are rounded to f32 in the file, and so are what the GPU gets of either.
const EXACT = new Set(['arch/llama', 'arch/smollm3', 'arch/qwen2', 'arch/qwen3', 'arch/gpt2', 'arch/qwen3_5_text', 'arch/qwen3_moe', 'arch/gpt_oss', 'variants/qwen3_5_text-wide', 'variants/llama-linear-tied', 'variants/qwen2-window', 'variants/qwen3-yarn']);

describe.each([...EXACT, 'variants/llama-bias-llama3'])('%s, converted to GGUF as llama.cpp does', (name) => {
  test('is the same model', async () => {
    expect(await recorded(await converted(name))).toEqual(await recorded(await openFixture(name)));
  });

  test('has the same weights', async () => {
    const [gguf, hub] = [await weights(await converted(name)), await weights(await openFixture(name))];
    expect([...gguf.keys()].sort()).toEqual([...hub.keys()].sort());
    for (const [tensor, values] of hub) {
      // Factors in f32 for the formula in f64.
      const tolerance = name.endsWith('llama3') && tensor === 'rotary table' ? 2e-5 : 0;
      const worst = Math.max(...values.map((value, i) => Math.abs(value - (gguf.get(tensor)?.[i] ?? NaN))));
      expect({ tensor, worst: worst <= tolerance }).toEqual({ tensor, worst: true });
    }
  });
});

describe('a converted config', () => {
  test('is the Hub\'s, key by key', async () => {
    const { config, generationConfig, name, weightsFile } = await converted('arch/llama');
    const hub = (await openFixture('arch/llama')).config;
    for (const key of Object.keys(config)) if (key !== 'eos_token_id') expect({ [key]: config[key] }).toEqual({ [key]: hub[key] });
    expect(config).toMatchObject({ rms_norm_eps: 1e-6, eos_token_id: [2], bos_token_id: 1 });
    expect({ generationConfig, name, weightsFile }).toEqual({ generationConfig: { bos_token_id: 1, eos_token_id: [2] }, name: 'memory/sub/x.gguf', weightsFile: 'sub/x.gguf' });
  });

  test('has the ends of turns and what the makers recommend', async () => {
    const { generationConfig } = await converted('arch/qwen3', withKeys(['tokenizer.ggml.eot_token_id', u32(5)], ['tokenizer.ggml.eom_token_id', u32(2)], ['general.sampling.temp', number('f32', 0.6)], ['general.sampling.top_k', number('i32', 20)], ['general.sampling.top_p', number('f32', 0.95)]));
    expect(generationConfig).toEqual({ bos_token_id: 1, eos_token_id: [2, 5], temperature: 0.6, top_k: 20, top_p: 0.95, do_sample: true });
  });

  test('leaves out the layers of multi-token prediction', async () => {
    const checkpoint = await converted('arch/qwen3_5_text', (header) => ({
      metadata: [...(header.metadata ?? []).map(([key, value]) => (key === 'qwen35.block_count' ? ([key, u32(9)] as const) : ([key, value] as const))), ['qwen35.nextn_predict_layers', u32(1)]],
      tensors: [...(header.tensors ?? []), { name: 'blk.8.nextn.eh_proj.weight', type: 0, shape: [2, 4], bytes: new Uint8Array(32) }, { name: 'blk.8.attn_q.weight', type: 0, shape: [2, 4], bytes: new Uint8Array(32) }],
    }));
    expect(checkpoint.config.num_hidden_layers).toBe(8);
    expect([...checkpoint.tensors.keys()].sort()).toEqual([...(await openFixture('arch/qwen3_5_text')).tensors.keys()].sort());
  });

  test('takes one number for heads that are listed by layer', async () => {
    const { config } = await converted('arch/llama', withKeys(['llama.attention.head_count_kv', numbers('u32', [2, 2, 2])]));
    expect(config.num_key_value_heads).toBe(2);
  });

  test.each<[string, string, (header: GgufContents) => GgufContents, string]>([
    ['without its architecture', 'arch/llama', withoutKey('general.architecture'), 'general.architecture'],
    ['without a count', 'arch/llama', withoutKey('llama.block_count'), 'llama.block_count'],
    ['without epsilon', 'arch/gpt2', withoutKey('gpt2.attention.layer_norm_epsilon'), 'gpt2.attention.layer_norm_epsilon'],
    ['with experts', 'arch/llama', withKeys(['llama.expert_count', u32(8)]), 'llama.expert_count'],
    ['with more experts for a token than there are', 'arch/qwen3_moe', withKeys(['qwen3moe.expert_used_count', u32(7)]), 'qwen3moe.expert_used_count'],
    ['with shared experts', 'arch/qwen3_moe', withKeys(['qwen3moe.expert_shared_count', u32(1)]), 'qwen3moe.expert_shared_count'],
    ['without the experts\' width', 'arch/gpt_oss', withoutKey('gpt-oss.expert_feed_forward_length'), 'gpt-oss.expert_feed_forward_length'],
    ['without the window', 'arch/gpt_oss', withoutKey('gpt-oss.attention.sliding_window'), 'gpt-oss.attention.sliding_window'],
    ['with windows that Llama lacks', 'arch/llama', withKeys(['llama.attention.sliding_window', u32(8)]), 'llama.attention.sliding_window'],
    ['that does not write', 'arch/qwen3', withKeys(['qwen3.attention.causal', bool(false)]), 'qwen3.attention.causal'],
    ['with a rotary type that is not supported', 'arch/qwen3', withKeys(['qwen3.rope.scaling.type', string('longrope')]), 'qwen3.rope.scaling.type'],
    ['with half-rotated permuted heads', 'arch/llama', withKeys(['llama.rope.dimension_count', u32(8)]), 'llama.rope.dimension_count'],
    ['with values wider than keys', 'arch/qwen2', withKeys(['qwen2.attention.value_length', u32(24)]), 'qwen2.attention.value_length'],
    ['with more layers to predict than layers', 'arch/qwen3_5_text', withKeys(['qwen35.nextn_predict_layers', u32(8)]), 'qwen35.nextn_predict_layers'],
    ['with an end that is no id', 'arch/llama', withKeys(['tokenizer.ggml.eos_token_id', string('x')]), 'tokenizer.ggml.eos_token_id'],
  ])('%s is refused', async (_, name, change, key) => {
    await expect(converted(name, change)).rejects.toMatchObject({ code: 'config', file: 'sub/x.gguf', key });
  });

  test('of an unknown architecture is refused by name', async () => {
    await expect(converted('arch/llama', withKeys(['general.architecture', string('mamba2')]))).rejects.toMatchObject({ code: 'load/unsupported-model', modelType: 'mamba2' });
  });
});

describe('a tensor', () => {
  const named = (name: string, more = {}) => (header: GgufContents): GgufContents => ({ ...header, tensors: [...(header.tensors ?? []), { name, type: 0, shape: [8], bytes: new Uint8Array(32), ...more }] });

  test('that the Hub does not have keeps its name, and the plan refuses it', async () => {
    const checkpoint = await converted('arch/llama', named('blk.0.attn_sinks.weight'));
    const model = await parse(checkpoint);
    expect(() => planWeights(specsOf(model, checkpoint), checkpoint, planOptions(model))).toThrow(expect.objectContaining({ code: 'checkpoint/unexpected-tensor', tensor: 'blk.0.attn_sinks.weight' }));
  });

  test('under the Hub\'s own name is the same one twice', async () => {
    await expect(converted('arch/llama', named('model.norm.weight'))).rejects.toMatchObject({ code: 'checkpoint/duplicate-tensor' });
  });

  test('of a type that is not supported is refused only when it is read', async () => {
    const checkpoint = await converted('arch/llama', named('blk.0.other.weight', { type: 16 }));
    const read = async (): Promise<void> => {
      for await (const { tensor } of checkpoint.read(['blk.0.other.weight'])) expect.fail(tensor.name);
    };
    await expect(read()).rejects.toMatchObject({ code: 'checkpoint/unsupported-dtype', tensor: 'blk.0.other.weight', message: expect.stringContaining('IQ2_XXS') });
  });

  test('of another size than the config says is refused by its shape, not reordered', async () => {
    const checkpoint = await converted('arch/llama', (header) => ({ ...header, tensors: (header.tensors ?? []).map((tensor) => (tensor.name === 'blk.0.attn_q.weight' ? { ...tensor, shape: [32, 48], bytes: tensor.bytes.subarray(0, 32 * 48 * 4) } : tensor)) }));
    const model = await parse(checkpoint);
    expect(() => planWeights(specsOf(model, checkpoint), checkpoint, planOptions(model))).toThrow(expect.objectContaining({ code: 'checkpoint/tensor-shape' }));
  });

  test('of all experts has as many as the config says', async () => {
    await expect(converted('arch/qwen3_moe', (header) => ({ ...header, tensors: (header.tensors ?? []).map((tensor) => (tensor.name === 'blk.1.ffn_up_exps.weight' ? { ...tensor, shape: [3, 64, 48] } : tensor)) }))).rejects.toMatchObject({ code: 'checkpoint/tensor-shape', tensor: 'blk.1.ffn_up_exps.weight', message: expect.stringContaining('6 experts') });
  });

  test('of all experts is divided among them, with a factor for each', async () => {
    const factors = named('blk.1.ffn_up_exps.scale', { shape: [6], bytes: new Uint8Array(Float32Array.of(1, 2, 3, 4, 5, 6).buffer) });
    const checkpoint = await converted('arch/qwen3_moe', factors);
    const hub = await openFixture('arch/qwen3_moe');
    const names = [...checkpoint.tensors.keys()].filter((name) => !name.endsWith('weight_scale_2'));
    expect(names.sort()).toEqual([...hub.tensors.keys()].sort());
    for (const name of names) expect({ name, shape: checkpoint.tensors.get(name)?.shape }).toEqual({ name, shape: hub.tensors.get(name)?.shape });
    for await (const { tensor, bytes } of checkpoint.read(['model.layers.1.mlp.experts.4.up_proj.weight_scale_2'])) expect([...hubValues(tensor, bytes)]).toEqual([5]);
    expect(checkpoint.tensors.size - names.length).toBe(6);
  });

  test.each([
    ['NVFP4\'s factor of the whole tensor', 'blk.1.ffn_up.scale', 'model.layers.1.mlp.up_proj.weight_scale_2'],
    ['the factor of activations, which are not quantised', 'blk.1.ffn_up.input_scale', undefined],
    ['rope_freqs, used already', 'rope_freqs.weight', undefined],
  ])('%s', async (_, name, hub) => {
    const before = [...(await converted('arch/qwen3')).tensors.keys()];
    const after = [...(await converted('arch/qwen3', named(name, { bytes: new Uint8Array(Float32Array.from({ length: 8 }, () => 1).buffer) }))).tensors.keys()];
    expect(after.filter((tensor) => !before.includes(tensor))).toEqual(hub === undefined ? [] : [hub]);
  });
});
