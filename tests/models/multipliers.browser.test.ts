import { expect, test } from 'vitest';
import { toFloat32 } from '../../models/safetensors/to-float32.ts';
import { normal } from '../../shaders/random.ts';
import type { WrittenTensor } from '../support/write-safetensors.ts';
import { fetchFolder, toFiles, withConfig, withTensors, type Folder } from './checkpoint-folder.ts';
import { logitsOf } from './load-checks.ts';

/** Powers of two, so that what is divided by them is the same numbers with other exponents. */
const MULTIPLIERS = {
  embedding_multiplier: 4,
  lm_head_multiplier: 0.5,
  attention_in_multiplier: 2,
  attention_out_multiplier: 0.25,
  key_multiplier: 8,
  ssm_in_multiplier: 0.5,
  ssm_out_multiplier: 2,
  ssm_multipliers: [2, 0.25, 16, 0.0625, 4],
  mlp_multipliers: [0.5, 8],
};

/** Of the columns [z | x | B | C | dt]. */
const ssmOf = (row: number): number => MULTIPLIERS.ssm_multipliers[[96, 192, 208, 224].filter((end) => end <= row).length];

/** What the config multiplies row `row` of a tensor by, or its input. */
const FACTORS: Readonly<Record<string, (row: number) => number>> = {
  'embed_tokens.weight': () => 4,
  'lm_head.weight': () => 0.5,
  'q_proj.weight': () => 2,
  'k_proj.weight': () => 16,
  'k_proj.bias': () => 8,
  'v_proj.weight': () => 2,
  'o_proj.weight': () => 0.25,
  'o_proj.bias': () => 0.25,
  'in_proj.weight': (row) => 0.5 * ssmOf(row),
  'in_proj.bias': ssmOf,
  'out_proj.weight': () => 2,
  'out_proj.bias': () => 2,
  'gate_proj.weight': () => 0.5,
  'gate_proj.bias': () => 0.5,
  'down_proj.weight': () => 8,
  'down_proj.bias': () => 8,
};

const LINEAR = /\.(?:[qkvo]_proj|in_proj|out_proj|gate_proj|up_proj|down_proj)\.weight$/;
const floats = (name: string, shape: readonly number[], values: Float32Array<ArrayBuffer>): WrittenTensor => ({ name, dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) });

const withBiases = (folder: Folder): Folder =>
  withConfig(
    withTensors(folder, (tensors) => [...tensors, ...tensors.filter(({ name }) => LINEAR.test(name)).map(({ name, shape: [rows] }, i) => floats(name.replace(/weight$/, 'bias'), [rows], normal(rows, i + 1, 0.3)))]),
    { attention_bias: true, mlp_bias: true, mamba_proj_bias: true, projectors_bias: true },
  );

function divided(tensor: WrittenTensor): WrittenTensor {
  const [, factor] = Object.entries(FACTORS).find(([ending]) => tensor.name.endsWith(ending)) ?? [];
  if (!factor) return tensor;
  const values = toFloat32({ ...tensor, byteLength: tensor.bytes.length, file: '', offset: 0 }, tensor.bytes.slice());
  const width = values.length / tensor.shape[0];
  return floats(tensor.name, tensor.shape, values.map((value, i) => value / factor(Math.floor(i / width))));
}

test('a Falcon-H1 whose multipliers were divided out of its weights gives the same logits with them', async () => {
  const plain = withBiases(await fetchFolder('arch/falcon_h1'));
  const multiplied = withConfig(withTensors(plain, (tensors) => tensors.map(divided)), MULTIPLIERS);
  expect(await logitsOf(toFiles(multiplied))).toEqual(await logitsOf(toFiles(plain)));
});
