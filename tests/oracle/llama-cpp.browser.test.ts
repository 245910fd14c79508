import { beforeAll, describe, expect, test } from 'vitest';
import { loadModel, type Model } from '../../index.ts';
import { readHub } from '../models/read-hub.ts';
import { fetchReference } from '../models/reference.ts';
import { run } from '../sessions/fixtures.ts';
import { convertCheckpoint, type Converted } from '../support/gguf/convert-checkpoint.ts';
import type { HubCheckpoint } from '../support/gguf/hub-checkpoint.ts';
import { tinyModel, type TinyModelName } from '../support/gguf/tiny-models.ts';
import { shardKeys, writeGguf } from '../support/gguf/write-gguf.ts';
import { compare } from './compare-logits.ts';
import { llamaGreedy, llamaPredictions, type Prediction } from './llama-cpp.ts';

const COUNT = 8;

const prompt = (last: number): number[] => [5, 9, 60, 2, 33, 301, 7, last];

/** Ends of prompts after which no token is in doubt. */
const ENDS = {
  llama: { Q8_0: 351, Q4_0: 320, Q4_K: 308 },
  qwen3: { Q8_0: 86, Q4_0: 104, Q4_K: 104 },
  qwen35: { Q8_0: 308, Q4_0: 197, Q4_K: 160 },
  'qwen35-grouped': { Q8_0: 92 },
  qwen3moe: { Q8_0: 308 },
} as const satisfies Partial<Record<TinyModelName, object>>;

/** llama.cpp rounds what it multiplies quantised weights by to 8 bits, in blocks of 32 for Q8_0 and Q4_0 and of 256 for Q4_K. */
const TOLERANCES = { Q8_0: 0.03, Q4_0: 0.03, Q4_K: 0.05 } as const;

const MODELS = Object.keys(ENDS) as (keyof typeof ENDS)[];

/** The very file that llama.cpp reads, in our engine. */
const loadOurs = ({ gguf }: Converted): Promise<Model> => loadModel([new File([writeGguf(gguf)], 'x.gguf')], { precision: 'f32', contextLength: 64 });

const tokensOf = (steps: readonly Prediction[]): number[] => steps.map(({ token }) => token);

/** llama.cpp's tokens are ours, and its logits but for a relative error below `tolerance`. */
async function expectAgreement(converted: Converted, tokens: readonly number[], tolerance: number): Promise<void> {
  const steps = await llamaPredictions(writeGguf(converted.gguf), tokens, COUNT);
  const ours = await loadOurs(converted);
  try {
    const { error, relativeError, margin } = compare(steps, await ours.logits([...tokens, ...tokensOf(steps).slice(0, -1)]));
    expect(relativeError).toBeLessThan(tolerance);
    // Three times what the difference of two logits is off by: else equal tokens would prove little, and another end is to be taken.
    expect(margin, 'the closest decision').toBeGreaterThan(3 * Math.SQRT2 * error);
    expect((await run(ours, { tokens }, { maxTokens: COUNT })).ids).toEqual(tokensOf(steps));
  } finally {
    ours.dispose();
  }
}

/** Our logits are llama.cpp's but for the rounding of f32. */
async function expectSameLogits(converted: Converted, tokens: readonly number[]): Promise<void> {
  const steps = await llamaPredictions(writeGguf(converted.gguf), tokens, COUNT);
  const ours = await loadOurs(converted);
  try {
    expect(compare(steps, await ours.logits([...tokens, ...tokensOf(steps).slice(0, -1)])).relativeError).toBeLessThan(1e-5);
  } finally {
    ours.dispose();
  }
}

describe.each(MODELS)('%s', (name) => {
  let checkpoint: HubCheckpoint;
  beforeAll(() => {
    checkpoint = tinyModel(name, 1);
  });

  test.each(Object.entries(ENDS[name]))('in %s says what llama.cpp says of the same weights', async (type, end) => {
    await expectAgreement(convertCheckpoint(checkpoint, type as keyof typeof TOLERANCES), prompt(end), TOLERANCES[type as keyof typeof TOLERANCES]);
  });

  test('unquantised has the logits of llama.cpp', async () => {
    await expectSameLogits(convertCheckpoint(checkpoint, 'F32'), prompt(ENDS[name].Q8_0));
  });
});

describe('gpt-oss', () => {
  test('with experts in MXFP4, as it is published, says what llama.cpp says', async () => {
    const converted = convertCheckpoint(tinyModel('gpt-oss', 1), (name) => (name.includes('.experts.') ? 'MXFP4' : 'Q8_0'));
    await expectAgreement(converted, prompt(86), 0.03);
  });

  test('unquantised has the logits of llama.cpp', async () => {
    await expectSameLogits(convertCheckpoint(tinyModel('gpt-oss', 1), 'F32'), prompt(86));
  });
});

// Not among them: windows of Qwen2, a bias of Qwen3's output projection, and value heads of Qwen3.5 that are wider than its key heads, which
// llama.cpp does not have, and gpt-oss, whose fixture has YaRN bounds that llama.cpp rounds.
test.each([
  // Its GELU is a table of halves.
  ['arch/gpt2', 1e-3],
  ['arch/llama', 1e-4],
  ['arch/qwen2', 1e-4],
  ['arch/qwen3', 1e-4],
  ['arch/qwen3_moe', 1e-4],
  ['arch/qwen3_5_text', 1e-4],
  ['arch/smollm3', 1e-4],
  ['variants/llama-bias-llama3', 1e-4],
  ['variants/llama-linear-tied', 1e-4],
])('%s, converted, has the logits of transformers in llama.cpp', async (fixture, tolerance) => {
  const { folder, tokens, logits } = await fetchReference(fixture);
  const { gguf } = convertCheckpoint(readHub(folder), 'F32');
  const steps = await llamaPredictions(writeGguf(gguf), tokens, 1);
  expect(compare(steps, logits).relativeError).toBeLessThan(tolerance);
});

test('version 2, another alignment and shards make no difference to llama.cpp', async () => {
  const { gguf } = convertCheckpoint(tinyModel('llama', 1), 'Q8_0');
  const tokens = prompt(ENDS.llama.Q8_0);
  const expected = await llamaGreedy(writeGguf(gguf), tokens, COUNT);
  expect(await llamaGreedy(writeGguf({ ...gguf, version: 2, alignment: 128 }), tokens, COUNT)).toEqual(expected);
  const { metadata = [], tensors = [] } = gguf;
  const parts = [tensors.slice(0, 7), tensors.slice(7)];
  const shards = parts.map((part, index) => writeGguf({ metadata: [...(index === 0 ? metadata : []), ...shardKeys(index, parts.length, tensors.length)], tensors: part }));
  expect(await llamaGreedy(shards, tokens, COUNT)).toEqual(expected);
});
