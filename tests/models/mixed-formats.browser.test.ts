import { describe, expect, test } from 'vitest';
import { normal } from '../../shaders/random.ts';
import { convertCheckpoint } from '../support/gguf/convert-checkpoint.ts';
import type { GgmlTypeName } from '../support/gguf/ggml-types.ts';
import type { HubCheckpoint, HubTensor } from '../support/gguf/hub-checkpoint.ts';
import { tinyModel } from '../support/gguf/tiny-models.ts';
import { writeGguf } from '../support/gguf/write-gguf.ts';
import { numbers, packBits, randomCodes, randomScales } from '../support/packed-modules.ts';
import { writeSafetensors, type WrittenTensor } from '../support/write-safetensors.ts';
import { CONFIG, fetchFolder, readJson, text, toFiles, WEIGHTS, withConfig, withTensors, type Folder } from './checkpoint-folder.ts';
import { logitsOf, relativeRms } from './load-checks.ts';

const floats = (name: string, shape: readonly number[], values: Float32Array<ArrayBuffer>): WrittenTensor => ({ name, dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) });

/** In f32, with all the numbers as they are. */
const plainFiles = ({ config, tensors }: HubCheckpoint): File[] =>
  toFiles({ [CONFIG]: text(JSON.stringify(config)), [WEIGHTS]: writeSafetensors(tensors.map(({ name, shape, values }) => floats(name, shape, values))) });

/** As llama.cpp mixes types in Q4_K_M, where half of the layers' v and down have more bits than the rest; and gate and up apart. */
function mixedType(name: string): GgmlTypeName {
  if (/^(lm_head|model\.embed_tokens)/.test(name)) return 'Q6_K';
  const layer = Number(/layers\.(\d+)/.exec(name)?.[1]);
  if (/(v_proj|down_proj|in_proj_qkv)/.test(name)) return layer % 2 === 0 ? 'Q6_K' : 'Q4_K';
  if (name.includes('up_proj')) return layer % 2 === 0 ? 'Q6_K' : 'Q5_K';
  return 'Q4_K';
}

function withMlpBiases({ config, tensors }: HubCheckpoint, layers: number, hidden: number, inner: number): HubCheckpoint {
  const bias = (name: string, length: number, seed: number): HubTensor => ({ name, shape: [length], values: normal(length, seed, 0.5) });
  const biases = Array.from({ length: layers }, (_, i) => ['gate', 'up', 'down'].map((part, j) => bias(`model.layers.${i}.mlp.${part}_proj.bias`, part === 'down' ? hidden : inner, 3 * i + j)));
  return { config: { ...config, ...{ mlp_bias: true } }, tensors: [...tensors, ...biases.flat()] };
}

const MIXED: Readonly<Record<string, HubCheckpoint>> = {
  'llama with biases': withMlpBiases(tinyModel('llama', 1), 2, 256, 512),
  // The columns of its out_proj are in another order.
  'qwen35-grouped': tinyModel('qwen35-grouped', 1),
};

describe.each(Object.keys(MIXED))('%s in a GGUF file of several types', (name) => {
  test.each([
    ['in whole buffers', Infinity],
    // 192 rows of 256 inputs in nibbles, of those of 512 inputs 64: every matrix that is not small is split.
    ['split over bindings', 200 * 128],
  ])('%s gives the logits of its decoded weights', async (_, maxBindingBytes) => {
    const { gguf, decoded } = convertCheckpoint(MIXED[name], mixedType);
    const expected = await logitsOf(plainFiles(decoded));
    expect(relativeRms(await logitsOf([new File([writeGguf(gguf)], 'x.gguf')], { maxBindingBytes }), expected)).toBeLessThan(1e-5);
  });
});

const GROUP = 32;

/** A weight [rows, inputs] in act-order as compressed-tensors packs it, and the numbers that it stands for. */
function packed(name: string, rows: number, inputs: number, bits: 4 | 8, seed: number): { stored: WrittenTensor[]; plain: WrittenTensor } {
  const groups = Math.ceil(inputs / GROUP);
  const codes = randomCodes(rows, inputs, 2 ** bits, seed);
  const scales = randomScales(rows, groups, seed + 1).map((row) => row.map((scale) => scale * 2 ** (4 - bits)));
  const keys = normal(inputs, seed + 2);
  // Columns by rank: as many in each group as it has to have.
  const indices = Int32Array.from(keys, (key) => Math.floor(keys.filter((other) => other < key).length / GROUP));
  const words = packBits(codes, bits);
  const [, , scaleElements] = numbers(scales, 'F16');
  const tensor = (suffix: string, dtype: string, shape: readonly number[], elements: ArrayBufferView<ArrayBuffer>): WrittenTensor => ({ name: `${name}${suffix}`, dtype, shape, bytes: new Uint8Array(elements.buffer) });
  return {
    stored: [tensor('.weight_packed', 'I32', [rows, words.length / rows], words), tensor('.weight_scale', 'F16', [rows, groups], scaleElements), tensor('.weight_g_idx', 'I32', [inputs], indices)],
    plain: floats(`${name}.weight`, [rows, inputs], Float32Array.from(codes.flatMap((row, r) => row.map((code, k) => scales[r][indices[k]] * (code - 2 ** (bits - 1)))))),
  };
}

/** The fixture with its MLPs in act-order, every matrix in an order of its own, gate and up of different widths; and with their numbers instead. */
async function actOrder(): Promise<Record<'stored' | 'plain', Folder>> {
  const llama = withConfig(await fetchFolder('arch/llama'), { mlp_bias: true });
  const { num_hidden_layers: layers, intermediate_size: inner, hidden_size: hidden } = readJson(llama, CONFIG) as Record<string, number>;
  const modules = Array.from({ length: layers }, (_, i) => [
    packed(`model.layers.${i}.mlp.gate_proj`, inner, hidden, 4, 30 * i),
    packed(`model.layers.${i}.mlp.up_proj`, inner, hidden, 8, 30 * i + 10),
    packed(`model.layers.${i}.mlp.down_proj`, hidden, inner, 4, 30 * i + 20),
  ]).flat();
  const biases = modules.map(({ plain: { name, shape: [rows] } }, i) => floats(name.replace('weight', 'bias'), [rows], normal(rows, 500 + i, 0.3)));
  const scheme = (bits: number, targets: readonly string[]): object => ({ targets, weights: { num_bits: bits, type: 'int', symmetric: true, strategy: 'group', group_size: GROUP, actorder: 'group' } });
  const quantization = { quant_method: 'compressed-tensors', format: 'pack-quantized', config_groups: { a: scheme(4, ['re:.*(gate|down)_proj$']), b: scheme(8, ['re:.*up_proj$']) } };
  const replaced = new Set(modules.map(({ plain }) => plain.name));
  const rest = withTensors(llama, (tensors) => [...tensors.filter(({ name }) => !replaced.has(name)), ...biases]);
  return {
    stored: withConfig(withTensors(rest, (tensors) => [...tensors, ...modules.flatMap(({ stored }) => stored)]), { quantization_config: quantization }),
    plain: withTensors(rest, (tensors) => [...tensors, ...modules.map(({ plain }) => plain)]),
  };
}

describe('gate and up that differ in width and in the order of their columns', () => {
  test.each([
    ['in whole buffers', Infinity],
    // 64 rows of 96 inputs in four bits, 85 and so 64 of 48 in eight, 21 and so 20 of the plain ones that are left.
    ['split over bindings', 85 * 64],
  ] as const)('%s give the logits of their numbers, biases included', async (_, maxBindingBytes) => {
    const { stored, plain } = await actOrder();
    const expected = await logitsOf(toFiles(plain));
    expect(relativeRms(await logitsOf(toFiles(stored), { maxBindingBytes }), expected)).toBeLessThan(1e-5);
  });
});
