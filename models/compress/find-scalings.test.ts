import { expect, test } from 'vitest';
import { normal } from '../../shaders/random.ts';
import { decodeRows } from '../../shaders/dequant/reference.ts';
import type { Scaling } from '../architectures/scaling.ts';
import type { Checkpoint } from '../checkpoint/checkpoint.ts';
import type { TensorInfo } from '../checkpoint/tensor-info.ts';
import { packRows } from '../quant/pack-rows.ts';
import { findFolds, type InputStatistics } from './find-scalings.ts';
import { applyFold } from './fold.ts';
import type { CompressionPlan } from './plan-compression.ts';

const ROWS = 96;
const INPUTS = 64;
const TOKENS = 200;
const NAME = 'w.weight';

/** Some channels of the input are much larger than others, as those of language models are. */
const activations = normal(TOKENS * INPUTS, 3).map((value, i) => value * ((i % INPUTS) % 16 === 5 ? 40 : 1));
const weights = normal(ROWS * INPUTS, 4, 0.05);

const statistics: InputStatistics = {
  tensors: [NAME],
  magnitude: Float32Array.from({ length: INPUTS }, (_, k) => mean(k, Math.abs)),
  power: Float32Array.from({ length: INPUTS }, (_, k) => mean(k, (value) => value ** 2)),
};

function mean(k: number, of: (value: number) => number): number {
  let sum = 0;
  for (let t = 0; t < TOKENS; t++) sum += of(activations[t * INPUTS + k]);
  return sum / TOKENS;
}

const info: TensorInfo = { name: NAME, dtype: 'F32', shape: [ROWS, INPUTS], byteLength: 4 * weights.length, file: 'f', offset: 0 };
const checkpoint = {
  async *read() {
    yield { tensor: info, bytes: new Uint8Array(weights.slice().buffer) };
  },
} as unknown as Checkpoint;

const plan = (scalings: readonly Scaling[] | undefined): CompressionPlan => ({ model: { scalings }, formats: new Map([[NAME, 'int4']]), byCanonicalName: new Map([[NAME, info]]) }) as unknown as CompressionPlan;
const scaling: Scaling = { consumers: [NAME], producers: [{ name: 'norm.weight' }], channels: INPUTS, channelOf: (input) => input };

/** Squared error of the outputs of `approximate` [ROWS, INPUTS] over the activations. */
function outputError(approximate: ArrayLike<number>): number {
  let error = 0;
  for (let t = 0; t < TOKENS; t++) {
    for (let row = 0; row < ROWS; row++) {
      let difference = 0;
      for (let k = 0; k < INPUTS; k++) difference += activations[t * INPUTS + k] * (approximate[row * INPUTS + k] - weights[row * INPUTS + k]);
      error += difference ** 2;
    }
  }
  return error;
}

const quantised = (values: Float32Array): Float32Array => decodeRows('int4', packRows('int4', values, ROWS, INPUTS), ROWS, INPUTS);

test('inputs with large channels are quantised with half the error', async () => {
    const folds = await findFolds(checkpoint, plan([scaling]), [statistics]);
    const fold = folds.get(NAME);
    const decoded = quantised(applyFold(fold, weights, 0, INPUTS));
    const unscaled = decoded.map((value, i) => value / (fold?.column?.(i % INPUTS) ?? 1));
    expect(outputError(unscaled)).toBeLessThan(outputError(quantised(weights)) / 2);
    // The producer is divided by what the columns are multiplied by.
    const rows = folds.get('norm.weight')?.rows ?? new Float64Array();
    expect(rows).toHaveLength(INPUTS);
    rows.forEach((factor, k) => expect(factor).toBe(fold?.column?.(k)));
});

test('inputs that are all alike are left alone, and dead ones do no harm', async () => {
  const alike = { ...statistics, magnitude: new Float32Array(INPUTS).fill(1), power: new Float32Array(INPUTS).fill(1) };
  expect((await findFolds(checkpoint, plan([scaling]), [alike])).size).toBe(0);
  const dead = { ...statistics, magnitude: new Float32Array(INPUTS), power: new Float32Array(INPUTS) };
  expect((await findFolds(checkpoint, plan([scaling]), [dead])).size).toBe(0);
});

test('a model of which no scalings are known is an error', async () => {
  await expect(findFolds(checkpoint, plan(undefined), [statistics])).rejects.toMatchObject({ code: 'quantize/no-scalings' });
});
