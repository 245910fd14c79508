import { describe, expect, test } from 'vitest';
import { loadModel, type Model } from '../../index.ts';
import { CONFIG, readJson, text, toFiles, WEIGHTS } from '../models/checkpoint-folder.ts';
import { fetchReference } from '../models/reference.ts';
import { run } from '../sessions/fixtures.ts';
import { convertCheckpoint, type Converted } from '../support/gguf/convert-checkpoint.ts';
import type { HubConfig } from '../support/gguf/hub-checkpoint.ts';
import { tinyModel, TINY_MODELS, type TinyModelName } from '../support/gguf/tiny-models.ts';
import { writeGguf } from '../support/gguf/write-gguf.ts';
import { writeSafetensors } from '../support/write-safetensors.ts';
import { compare } from './compare-logits.ts';
import { readHubTensors } from './hub-tensors.ts';
import { llamaGreedy, llamaPredictions, type Prediction } from './llama-cpp.ts';

const PROMPT = [5, 9, 60, 2, 33, 301, 7, 450];
const COUNT = 8;

/** The very weights that llama.cpp reads, in our engine. */
async function loadOurs({ decoded: { config, tensors } }: Converted): Promise<Model> {
  const written = tensors.map(({ name, shape, values }) => ({ name, dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) }));
  return await loadModel(toFiles({ [CONFIG]: text(JSON.stringify(config)), [WEIGHTS]: writeSafetensors(written) }), { precision: 'f32', contextLength: 64 });
}

const tokensOf = (steps: readonly Prediction[]): number[] => steps.map(({ token }) => token);

/** Seeds whose models are never in doubt about a token. */
const SEEDS = {
  llama: { Q8_0: 1, Q4_0: 1, Q4_K: 1 },
  qwen3: { Q8_0: 1, Q4_0: 1, Q4_K: 1 },
  qwen35: { Q8_0: 1, Q4_0: 1, Q4_K: 1 },
  'qwen35-grouped': { Q8_0: 1, Q4_0: 1, Q4_K: 1 },
} as const satisfies Record<TinyModelName, object>;

describe.each(TINY_MODELS)('%s', (name) => {
  // llama.cpp rounds what it multiplies quantised weights by to 8 bits, in blocks of 32 for Q8_0 and Q4_0 and of 256 for Q4_K.
  test.each([
    ['Q8_0', 0.03],
    ['Q4_0', 0.03],
    ['Q4_K', 0.05],
  ] as const)('in %s says what llama.cpp says of the same weights', async (type, tolerance) => {
    const converted = convertCheckpoint(tinyModel(name, SEEDS[name][type]), type);
    const steps = await llamaPredictions(writeGguf(converted.gguf), PROMPT, COUNT);
    const ours = await loadOurs(converted);
    try {
      const { error, relativeError, margin } = compare(steps, await ours.logits([...PROMPT, ...tokensOf(steps).slice(0, -1)]));
      expect(relativeError).toBeLessThan(tolerance);
      // Else the next lines would prove nothing: take another seed.
      expect(margin, 'the closest decision').toBeGreaterThan(4 * Math.SQRT2 * error);
      expect((await run(ours, { tokens: PROMPT }, { maxTokens: COUNT })).ids).toEqual(tokensOf(steps));
    } finally {
      ours.dispose();
    }
  });

  test('unquantised has the logits of llama.cpp', async () => {
    const converted = convertCheckpoint(tinyModel(name, 1), 'F32');
    const steps = await llamaPredictions(writeGguf(converted.gguf), PROMPT, COUNT);
    const ours = await loadOurs(converted);
    try {
      expect(compare(steps, await ours.logits([...PROMPT, ...tokensOf(steps).slice(0, -1)])).relativeError).toBeLessThan(1e-5);
    } finally {
      ours.dispose();
    }
  });
});

test.each(['arch/llama', 'arch/qwen3', 'arch/qwen3_5_text'])('%s, converted, has the logits of transformers in llama.cpp', async (fixture) => {
  const { folder, tokens, logits } = await fetchReference(fixture);
  const config = readJson(folder, CONFIG) as unknown as HubConfig;
  const { gguf } = convertCheckpoint({ config, tensors: readHubTensors(folder) }, 'F32');
  // Of a text that is not its own, a token at a time.
  const count = 3;
  const prompt = tokens.slice(0, -count);
  for (let i = 0; i < count; i++) {
    const [step] = await llamaPredictions(writeGguf(gguf), tokens.slice(0, prompt.length + i), 1);
    const row = prompt.length - 1 + i;
    expect(compare([step], logits.subarray(row * config.vocab_size, (row + 1) * config.vocab_size)).relativeError).toBeLessThan(1e-4);
  }
});

test('version 2, another alignment and shards make no difference to llama.cpp', async () => {
  const { gguf } = convertCheckpoint(tinyModel('llama', 1), 'Q8_0');
  const expected = await llamaGreedy(writeGguf(gguf), PROMPT, COUNT);
  expect(await llamaGreedy(writeGguf({ ...gguf, version: 2, alignment: 128 }), PROMPT, COUNT)).toEqual(expected);
  const { metadata, tensors } = gguf;
  const parts = [tensors.slice(0, 7), tensors.slice(7)];
  const shards = parts.map((part, index) => writeGguf({ metadata: index === 0 ? metadata : {}, tensors: part, shard: { index, count: parts.length, tensors: tensors.length } }));
  expect(await llamaGreedy(shards, PROMPT, COUNT)).toEqual(expected);
});
