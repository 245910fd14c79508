import { beforeAll, expect, test } from 'vitest';
import { toFloat32 } from '../../models/safetensors/to-float32.ts';
import { evaluate } from '../../web/tools/evaluate.ts';
import { minimaxReference, type Decays, type MiniMaxShape, type ReferenceTensor } from '../support/minimax-reference.ts';
import { readTensors, toFiles, WEIGHTS, withConfig } from './checkpoint-folder.ts';
import { logitsOf, relativeRms } from './load-checks.ts';
import { fetchReference, type ReferenceModel } from './reference.ts';

// The fixture's logits are no measure of the engine: transformers keeps its tables of decays as buffers, the fixture has saved them in bfloat16, and
// its reference was computed with what they had become. So a reference in float64 is held to the fixture with those tables, and the engine to the
// reference with the decays as they are meant, which are 8e-4 away.

const BLOCK = 32;
const ONES = { full: 1, linear: 1, mlp: 1 };
const SHAPE: MiniMaxShape = { hidden: 48, heads: 4, kvHeads: 2, headDim: 16, experts: 4, perToken: 2, eps: 1e-5, theta: 1e6, full: [false, true, false, true], alpha: ONES, beta: ONES, postnorm: true };

let model: ReferenceModel;
let tensors: ReadonlyMap<string, ReferenceTensor>;

function tensor(name: string): ReferenceTensor {
  const found = tensors.get(name);
  if (!found) throw new Error(`the fixture has no ${name}`);
  return found;
}

beforeAll(async () => {
  model = await fetchReference('arch/minimax');
  tensors = new Map(readTensors(model.folder[WEIGHTS]).map((each) => [each.name, { shape: each.shape, values: toFloat32({ ...each, byteLength: each.bytes.length, file: '', offset: 0 }, each.bytes.slice()) }]));
});

const row = (name: string, head: number, stride: number): number[] => Array.from({ length: BLOCK }, (_, i) => tensor(name).values[head * BLOCK * stride + i * stride]);

function savedDecays(layer: number, head: number): Decays {
  const prefix = `model.layers.${layer}.self_attn`;
  const slope = tensor(`${prefix}.slope_rate`).values[head];
  // The first column of the diagonal table has every distance.
  return { query: row(`${prefix}.query_decay`, head, 1), key: row(`${prefix}.key_decay`, head, 1), distance: row(`${prefix}.diagonal_decay`, head, BLOCK), block: Math.exp(-slope * BLOCK) };
}

function meantDecays(layer: number, head: number): Decays {
  const slope = 2 ** ((-8 * (head + 1)) / SHAPE.heads) * (1 - layer / (SHAPE.full.length - 1 + 1e-5) + 1e-5);
  const powers = (exponent: (i: number) => number): number[] => Array.from({ length: BLOCK }, (_, i) => Math.exp(-slope * exponent(i)));
  return { query: powers((i) => i + 1), key: powers((i) => BLOCK - 1 - i), distance: powers((i) => i), block: Math.exp(-slope * BLOCK) };
}

const referenceLogits = (shape: MiniMaxShape, decays: (layer: number, head: number) => Decays): Float32Array => Float32Array.from(minimaxReference(shape, tensor, model.tokens, decays).flat());

test('with the tables that the fixture saved the reference has the fixture\'s logits', () => {
  expect(relativeRms(referenceLogits(SHAPE, savedDecays), model.logits)).toBeLessThan(2e-6);
});

test('equals the reference with decays that were not rounded, and continues as it does', async () => {
  const url = new URL('/tests/fixtures/arch/minimax/', location.href).href;
  const result = await evaluate({ url, name: 'arch/minimax', load: { precision: 'f32' } });
  expect(relativeRms(result.logits, referenceLogits(SHAPE, meantDecays))).toBeLessThan(1e-5);
  expect(result.firstMismatchMargin).toBeNull();
});

test.each([
  [
    'with factors',
    { full_attn_alpha_factor: 1.5, full_attn_beta_factor: 0.75, linear_attn_alpha_factor: 2, linear_attn_beta_factor: 1.25, mlp_alpha_factor: 0.5, mlp_beta_factor: 3 },
    { alpha: { full: 1.5, linear: 2, mlp: 0.5 }, beta: { full: 0.75, linear: 1.25, mlp: 3 } },
    7,
  ],
  [
    'as the authors write configs',
    { model_type: 'minimax_text_01', layer_types: undefined, attn_type_list: [0, 1, 0, 1], layernorm_full_attention_alpha: 1.5, layernorm_linear_attention_beta: 0.5, layernorm_mlp_alpha: 2 },
    { alpha: { full: 1.5, linear: 1, mlp: 2 }, beta: { full: 1, linear: 0.5, mlp: 1 }, postnorm: false },
    64,
  ],
] as const)('in pieces, %s, too', async (_, config, shape, prefillChunk) => {
  const logits = await logitsOf(toFiles(withConfig(model.folder, config)), { contextLength: 192, prefillChunk }, model.tokens);
  expect(relativeRms(logits, referenceLogits({ ...SHAPE, ...shape }, meantDecays))).toBeLessThan(1e-5);
});
