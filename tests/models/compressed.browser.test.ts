import { describe, expect, test } from 'vitest';
import type { Scaling } from '../../models/architectures/scaling.ts';
import { openCheckpoint } from '../../models/checkpoint/open-checkpoint.ts';
import { findFolds } from '../../models/compress/find-scalings.ts';
import { planCompression, type CompressionOptions } from '../../models/compress/plan-compression.ts';
import { uniform } from '../../shaders/random.ts';
import { calibrate } from '../../web/tools/calibrate.ts';
import { compressFiles } from '../support/compress-folder.ts';
import { decodeCompressed } from '../support/decode-compressed.ts';
import { foldTensors, scalingsOf } from '../support/fold-tensors.ts';
import { randomCheckpoint, RANDOM_MODELS, type RandomModel } from '../support/random-checkpoint.ts';
import { CONFIG, fetchFolder, readJson, readTensors, toFiles, WEIGHTS, withTensors, type Folder } from './checkpoint-folder.ts';
import { logitsOf, relativeRms } from './load-checks.ts';

const EXACT = { precision: 'f32', baseline: true } as const;

/** Factors from a quarter to four for every channel of every scaling: far more than calibration would find. */
function randomFactors(scalings: readonly Scaling[]): Map<Scaling, Float64Array> {
  const next = uniform(7);
  return new Map(scalings.map((scaling) => [scaling, Float64Array.from({ length: scaling.channels }, () => 4 ** (2 * next() - 1))]));
}

describe.each(Object.keys(RANDOM_MODELS) as RandomModel[])('%s', (name) => {
  test('is the same model whatever is scaled', async () => {
    const folder = randomCheckpoint(name);
    const scalings = await scalingsOf(readJson(folder, CONFIG));
    expect(scalings).toHaveLength(4 * RANDOM_MODELS[name].num_hidden_layers);
    const before = await logitsOf(toFiles(folder), EXACT);
    for (const chosen of [scalings, ...[0, 1, 2, 3].map((i) => [scalings[i]])]) {
      const factors = randomFactors(chosen);
      const folded = withTensors(folder, (tensors) => foldTensors(tensors, factors));
      expect(relativeRms(await logitsOf(toFiles(folded), EXACT), before)).toBeLessThan(2e-5);
      // The factors do something: without what takes them back, it is another model.
      const half = withTensors(folded, (tensors) => tensors.map((tensor) => (chosen[0].producers.some((producer) => producer.name === tensor.name) ? (readTensors(folder[WEIGHTS]).find((original) => original.name === tensor.name) ?? tensor) : tensor)));
      expect(relativeRms(await logitsOf(toFiles(half), EXACT), before)).toBeGreaterThan(1e-2);
    }
  });
});

test.each([
  // Norms on both sides of a layer, which count from one.
  ['gemma3_text', 4 * 6],
  // Of each mixer, and 2 of each MLP: two layers of Jamba have experts.
  ['jamba', 4 * 2 + 2 * 2],
  ['recurrent_gemma', 1 + 1 + 2 + 3 * 2],
  ['xlstm', 2 * 2 + 2 * 2],
])('%s is the same model whatever is scaled', async (name, count) => {
  const folder = await fetchFolder(`arch/${name}`);
  const scalings = await scalingsOf(readJson(folder, CONFIG));
  expect(scalings).toHaveLength(count);
  const factors = randomFactors(scalings);
  const folded = withTensors(folder, (tensors) => foldTensors(tensors, factors));
  expect(relativeRms(await logitsOf(toFiles(folded), EXACT), await logitsOf(toFiles(folder), EXACT))).toBeLessThan(5e-5);
});

/** A quantised checkpoint with the f32 values that its matrices stand for, as the reference decoder has them. */
const decodedFolder = (packed: Folder): Folder => withTensors(packed, decodeCompressed);

test('what is written loads as the model of its decoded weights: int8 is nearly the original, the others less so', async () => {
  const folder = await fetchFolder('real/stories260K');
  const before = await logitsOf(toFiles(folder), EXACT);
  const errorOf = async (options: CompressionOptions): Promise<number> => {
    const { files } = await compressFiles(toFiles(folder), options);
    const packed = await logitsOf(toFiles(files), EXACT);
    expect(relativeRms(packed, await logitsOf(toFiles({ ...decodedFolder(files), [CONFIG]: folder[CONFIG] }), EXACT))).toBeLessThan(1e-5);
    return relativeRms(packed, before);
  };
  const int8 = await errorOf({ to: 'int8', uniform: true });
  expect(int8).toBeLessThan(0.01);
  for (const options of [{ to: 'fp8', uniform: true }, { to: 'int4', uniform: false }, { to: 'int4', uniform: true }] as const) {
    const error = await errorOf(options);
    expect(error).toBeGreaterThan(2 * int8);
    expect(error).toBeLessThan(0.1);
  }
});

test('calibration sees what enters each matrix, and leaves a model that is nearly the same', async () => {
  const url = new URL('/tests/fixtures/real/stories260K/', location.href).href;
  const options = { to: 'int4', uniform: true } as const;
  const text = (await (await fetch('/tests/fixtures/text/stories-calibration.txt')).text()).slice(0, 600);
  const progress: number[] = [];
  const outcome = await calibrate({ url, text, options }, async ({ calibrated }) => void progress.push(calibrated));
  if ('error' in outcome) throw new Error(outcome.error.message);
  const { statistics, tokens } = outcome;
  expect(progress.length).toBeGreaterThan(1);
  expect(progress.at(-1)).toBe(tokens);
  // Four inputs in each of five layers.
  expect(statistics).toHaveLength(20);

  const folder = await fetchFolder('real/stories260K');
  const first = statistics.find(({ tensors }) => tensors.includes('model.layers.0.self_attn.k_proj.weight'));
  if (!first) throw new Error('nothing of the first layer');
  expect(first.tensors).toEqual(['q', 'k', 'v'].map((part) => `model.layers.0.self_attn.${part}_proj.weight`));
  // Behind a norm, the mean square of x is that of the norm's weights.
  const norm = readTensors(folder[WEIGHTS]).find(({ name }) => name === 'model.layers.0.input_layernorm.weight');
  const weights = new Float32Array(norm?.bytes.slice().buffer ?? new ArrayBuffer(0));
  expect(first.power.reduce((sum, power, k) => sum + power / weights[k] ** 2, 0) / weights.length).toBeCloseTo(1, 2);
  first.power.forEach((power, k) => expect(power).toBeGreaterThanOrEqual(first.magnitude[k] ** 2 * 0.999));

  const checkpoint = await openCheckpoint(toFiles(folder));
  const folds = await findFolds(checkpoint, await planCompression(checkpoint, options), statistics);
  expect(folds.size).toBeGreaterThan(20);
  const { files } = await compressFiles(toFiles(folder), options, { folds });
  const decoded = { ...decodedFolder(files), [CONFIG]: folder[CONFIG] };
  expect(relativeRms(await logitsOf(toFiles(decoded), EXACT), await logitsOf(toFiles(folder), EXACT))).toBeLessThan(0.1);
});

test('what cannot be calibrated says why', async () => {
  const outcome = await calibrate({ url: new URL('/tests/fixtures/arch/llama/', location.href).href, text: 'x', options: { to: 'int8', uniform: false } }, async () => {});
  expect(outcome).toMatchObject({ error: { code: 'generate/prompt' } });
});
