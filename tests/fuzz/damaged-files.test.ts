import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import type { JsonObject } from '../../models/checkpoint/checkpoint.ts';
import { uniform } from '../../shaders/random.ts';
import { cpuTime } from '../support/cpu-time.ts';
import { memorySource } from '../support/memory-source.ts';
import { tinyRwkv, writeContainer } from '../support/rwkv/write-container.ts';
import { writeSafetensors } from '../support/write-safetensors.ts';
import { countAllocations, takeAllocated } from './allocations.ts';
import { mutateBytes, mutateJson } from './mutate.ts';
import { GGUF_SPECIMENS, TOKENIZER_CONFIG, TOKENIZER_JSON } from './specimens.ts';

type Files = Readonly<Record<string, Uint8Array<ArrayBuffer>>>;

const CASES = 2000;
/** Milliseconds of processor time that any one case may take. */
const SLOWEST = 2000;
/** Bytes beside twice the file's: what does not depend on it. */
const CONSTANT = 4096;

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);
const fixture = (name: string): string => readFileSync(new URL(`../fixtures/${name}/config.json`, import.meta.url), 'utf8');

async function importLoader() {
  const [{ openCheckpoint }, { parseModel }, { ConfigReader }, { createTokenizer }, { createChatTemplate }, { parseJson }, { readText }, { SluiceError }] = await Promise.all([
    import('../../models/checkpoint/open-checkpoint.ts'),
    import('../../models/architectures/parse-model.ts'),
    import('../../models/config/config-reader.ts'),
    import('../../models/text/tokenizer.ts'),
    import('../../models/text/chat-template.ts'),
    import('../../models/json/parse-json.ts'),
    import('../../models/json/read-text.ts'),
    import('../../engine/errors/sluice-error.ts'),
  ]);
  /** As `loadModel` does before anything is uploaded: the config has to be that of a model that is supported. */
  const accept = async (config: JsonObject, file: string): Promise<void> => {
    const reader = new ConfigReader(config, file);
    await parseModel(reader);
  };
  const json = async (bytes: Uint8Array<ArrayBuffer>, name: string): Promise<unknown> => {
    const file = await memorySource({ [name]: bytes }).open(name);
    return file && parseJson(await readText(file), name);
  };
  return {
    SluiceError,
    open: async (files: Files, single?: string): Promise<void> => {
      const source = memorySource(files, single);
      try {
        await openCheckpoint(source, { accept });
      } finally {
        bytesRead = source.reads.reduce((sum, { start, end }) => sum + end - start, 0);
      }
    },
    tokenize: async (tokenizer: Uint8Array<ArrayBuffer>, config: Uint8Array<ArrayBuffer>): Promise<void> => {
      const [tokenizerJson, tokenizerConfig] = [await json(tokenizer, 'tokenizer.json'), await json(config, 'tokenizer_config.json')];
      const built = createTokenizer(tokenizerJson, tokenizerConfig);
      built.decode(built.encode('abc 12 é', { addSpecialTokens: true }), { skipSpecialTokens: false });
      await createChatTemplate({ tokenizerConfig });
    },
  };
}

/** By the last `open`. */
let bytesRead = 0;

let loader: Awaited<ReturnType<typeof importLoader>>;

beforeAll(async () => {
  // The tokenizer's library writes about patterns that it does not know.
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  countAllocations();
  loader = await importLoader();
  takeAllocated();
  expect([new Uint8Array(1000).length, takeAllocated()]).toEqual([1000, 1000]);
});

interface Outcome {
  readonly loaded: number;
  readonly refused: ReadonlyMap<string, number>;
}

/** Runs every case; a crash, a case that takes too long or too much memory fails the test with the seed that makes it again. */
async function fuzz(run: (next: () => number) => Promise<unknown>): Promise<Outcome> {
  let loaded = 0;
  const refused = new Map<string, number>();
  for (let seed = 1; seed <= CASES; seed++) {
    const began = cpuTime();
    try {
      await run(uniform(seed));
      loaded++;
    } catch (error) {
      if (!(error instanceof loader.SluiceError)) throw new Error(`seed ${seed} ends in an error of no type of ours`, { cause: error });
      const code: string = error.code;
      refused.set(code, (refused.get(code) ?? 0) + 1);
    }
    const took = cpuTime() - began;
    if (took > SLOWEST) expect.fail(`seed ${seed} took ${took} ms`);
  }
  return { loaded, refused };
}

/** Runs with the memory measured: what is read and what is allocated, together at most twice the files' size. */
async function measured(files: Files, run: () => Promise<unknown>): Promise<void> {
  const size = Object.values(files).reduce((sum, { length }) => sum + length, 0);
  takeAllocated();
  bytesRead = 0;
  let failure: unknown;
  try {
    await run();
  } catch (error) {
    failure = error;
  }
  const used = takeAllocated() + bytesRead;
  if (used > 2 * size + CONSTANT) throw new Error(`${used} bytes were read and allocated for files of ${size}`, { cause: failure });
  if (failure !== undefined) throw failure;
}

/** That the cases reach far enough to be refused in these ways. */
function expectVariety({ refused }: Outcome, ...codes: string[]): void {
  for (const code of codes) expect([...refused.keys()]).toContain(code);
}

const LLAMA = encode(fixture('arch/llama'));
const TENSORS = Array.from({ length: 12 }, (_, i) => ({ name: `model.layers.${i}.weight`, dtype: i % 2 ? 'BF16' : 'F32', shape: [4, i + 1], bytes: new Uint8Array((i % 2 ? 2 : 4) * 4 * (i + 1)) }));

describe(`${CASES} damaged files each`, () => {
  test('model.safetensors', async () => {
    const weights = writeSafetensors(TENSORS, { format: 'pt' });
    const header = 8 + Number(new DataView(weights.buffer).getBigUint64(0, true));
    const outcome = await fuzz((next) => {
      const files = { 'config.json': LLAMA, 'model.safetensors': mutateBytes(weights, next, header) };
      return measured(files, () => loader.open(files));
    });
    expectVariety(outcome, 'checkpoint/header', 'checkpoint/truncated', 'checkpoint/not-safetensors', 'checkpoint/tensor-size', 'checkpoint/tensor-hole');
    expect(outcome.loaded).toBeGreaterThan(0);
  });

  test('GGUF', async () => {
    const outcome = await fuzz((next) => {
      const { name, bytes, beside } = GGUF_SPECIMENS[Math.floor(next() * GGUF_SPECIMENS.length)];
      const files = { ...beside, [name]: mutateBytes(bytes, next, Math.floor(bytes.length * 0.6)) };
      return measured(files, () => loader.open(files, name));
    });
    expectVariety(outcome, 'checkpoint/header', 'checkpoint/truncated', 'checkpoint/not-gguf', 'checkpoint/text-encoding', 'checkpoint/tensor-range', 'checkpoint/tensor-size', 'config');
    expect(outcome.loaded).toBeGreaterThan(0);
  });

  test("rwkv.cpp's container", async () => {
    const contents = tinyRwkv({ vocabulary: 8, hidden: 8, headDim: 4, layers: 1, inner: 8, type: 'F32' });
    const whole = writeContainer(contents);
    const outcome = await fuzz((next) => {
      const files = { 'm.bin': mutateBytes(whole, next, next() < 0.5 ? 200 : whole.length) };
      return measured(files, () => loader.open(files, 'm.bin'));
    });
    expectVariety(outcome, 'checkpoint/header', 'checkpoint/truncated', 'checkpoint/not-rwkv', 'checkpoint/rwkv-version', 'checkpoint/tensor-size', 'checkpoint/missing-tensor', 'config');
    expect(outcome.loaded).toBeGreaterThan(0);
  });

  test('model.safetensors.index.json', async () => {
    const index = JSON.stringify({ metadata: { total_size: 1 }, weight_map: Object.fromEntries(TENSORS.map(({ name }, i) => [name, `model-${i % 2}.safetensors`])) });
    const shards = [0, 1].map((which) => writeSafetensors(TENSORS.filter((_, i) => i % 2 === which)));
    const outcome = await fuzz((next) => {
      const files = { 'config.json': LLAMA, 'model-0.safetensors': shards[0], 'model-1.safetensors': shards[1], 'model.safetensors.index.json': mutateJson(index, next) };
      return measured(files, () => loader.open(files));
    });
    expectVariety(outcome, 'checkpoint/json', 'checkpoint/index', 'checkpoint/missing-tensor', 'checkpoint/missing-file');
  });

  test('config.json', async () => {
    const configs = ['arch/llama', 'arch/gpt2', 'arch/smollm3', 'variants/qwen3_5', 'variants/llama-bias-llama3', 'variants/qwen2-window', 'variants/qwen3-yarn'].map(fixture);
    const weights = writeSafetensors(TENSORS);
    const outcome = await fuzz((next) => {
      const files = { 'config.json': mutateJson(configs[Math.floor(next() * configs.length)], next), 'model.safetensors': weights };
      return measured(files, () => loader.open(files));
    });
    expectVariety(outcome, 'checkpoint/json', 'checkpoint/text-encoding', 'config', 'load/unsupported-model');
    expect(outcome.loaded).toBeGreaterThan(0);
  });

  test('tokenizer.json', async () => {
    const config = encode(TOKENIZER_CONFIG);
    const outcome = await fuzz(async (next) => {
      const bytes = mutateJson(TOKENIZER_JSON, next);
      await loader.tokenize(bytes, config);
    });
    expectVariety(outcome, 'checkpoint/json', 'tokenizer');
    expect(outcome.loaded).toBeGreaterThan(0);
  });

  test('tokenizer_config.json', async () => {
    const tokenizer = encode(TOKENIZER_JSON);
    const outcome = await fuzz(async (next) => {
      const bytes = mutateJson(TOKENIZER_CONFIG, next);
      await loader.tokenize(tokenizer, bytes);
    });
    expectVariety(outcome, 'checkpoint/json', 'tokenizer', 'config');
    expect(outcome.loaded).toBeGreaterThan(0);
  });
});
